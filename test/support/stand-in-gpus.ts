import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface StandInGpu {
  index: number;
  uuid: string;
  name?: string;
  driver?: string;
}

/** A row as nvidia-smi prints it for what detection asks. */
function row({ index, uuid, name = 'NVIDIA A100-SXM4-40GB', driver = '535.104.05' }: StandInGpu): string {
  return `${index}, ${uuid}, 00000000:${index}B:00.0, ${name}, 40960, ${driver}, 400.00, 8.0`;
}

/** A folder before PATH with an nvidia-smi whose answer changes while a worker runs. */
export class StandInGpus {
  readonly folder = mkdtempSync(join(tmpdir(), 'benchwire-gpus-'));
  readonly path = `${this.folder}${delimiter}${process.env.PATH}`;

  constructor(...gpus: StandInGpu[]) {
    this.show(...gpus);
    // Asked to watch a GPU it prints what `use` says, and knows nothing else.
    const script = `#!/bin/sh
[ "$1" = -i ] && { [ -e "${this.folder}/use" ] && cat "${this.folder}/use" && exec sleep 60; exit 0; }
case "$1" in --query-gpu=index*) ;; *) exit 0 ;; esac
if [ -e "${this.folder}/fail-once" ]; then rm "${this.folder}/fail-once"; echo "Failed to initialize NVML: Unknown Error"; exit 255; fi
cat "${this.folder}/rows"
`;
    writeFileSync(join(this.folder, 'nvidia-smi'), script, { mode: 0o755 });
  }

  show(...gpus: Array<StandInGpu | string>): void {
    const rows = gpus.map((gpu) => (typeof gpu === 'string' ? gpu : row(gpu)));
    const text = rows.length === 0 ? 'No devices were found\n' : `${rows.join('\n')}\n`;
    writeFileSync(join(this.folder, 'next'), text);
    // At once, so that nobody reads half of it.
    renameSync(join(this.folder, 'next'), join(this.folder, 'rows'));
  }

  failOnce(): void {
    writeFileSync(join(this.folder, 'fail-once'), '');
  }

  /** Lines of utilization, memory, power, temperature, and reasons for throttling. */
  use(...lines: string[]): void {
    writeFileSync(join(this.folder, 'use'), `${lines.join('\n')}\n`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
