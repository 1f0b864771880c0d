import { describe, expect, it } from 'vitest';
import { parseCpuInfo } from './instruction-sets.ts';

describe('instruction sets', () => {
  it('are the telling flags of an x86 processor, with a short name for AVX-512', () => {
    const info = 'processor\t: 0\nflags\t\t: fpu vme sse4_2 avx avx2 avx512f avx512_vnni amx_int8 rdrand\nbugs\t: x\n';
    expect(parseCpuInfo(info)).toEqual(['amx_int8', 'avx', 'avx2', 'avx512', 'avx512_vnni', 'avx512f', 'sse4_2']);
  });

  it('are the features of an ARM processor', () => {
    expect(parseCpuInfo('Features\t: fp asimd evtstrm crc32 asimddp sve i8mm\n')).toEqual([
      'asimd',
      'asimddp',
      'i8mm',
      'sve',
    ]);
  });

  it('are unknown where the kernel does not tell', () => {
    expect(parseCpuInfo('processor\t: 0\n')).toBeUndefined();
  });
});
