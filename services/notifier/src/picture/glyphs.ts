import { inflateRawSync } from 'node:zlib';

/**
 * The letters of pictures, so that they are there on machines without fonts: DejaVu Sans (its licence allows that), 12 px, drawn once by a
 * browser. Of each its width and its pixels, four bits of cover each, row by row.
 */
const CHARACTERS =
  ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~µ±–…→×²°';
export const GLYPH_HEIGHT = 15;
export const GLYPH_BASELINE = 11;

const PACKED = [
  'nVh/cBTVHf/s3u7t3e7by3bAyhCSbHHGWiXJ0hlndCDHdtrOWAPxUcGWMYSVzrSiEdf+UZQALnYK0+roopUWi3SLrdrWxlOoJdoJl0iCRgYS02DQ',
  'yZiQ4PBDCL/GFoNsfXckueRuL9e+3e/78X3vfb/f933f930/BOQNYioOncWCdMT3owIwcC0rjodwOiHfoOk/fI2Rh6icWWidA6B/GRBKbELY9/3z',
  'UL6ZRJnv+zaWySawSdWAXSW5aUXSsZYCfu+HmnLvNC12g4ZI30qgutFAZIYjRWbact8pbbTdaFAyCEkdmujyiTVcC5YJ3ibwiTXzAOlk8c0vaRAf',
  'a3kYXMvtIQ/P8sl7MQ/hDi23QNHxbP1lDRXGXPADAEoSgPyIF/lpv+LtjmPWAa4Xd7j8K28utLOJhJgy9Vai35M9HZLNdWEVFAvdiBnohmxhFbgB',
  'ROzMZq0QPcR0vIiIi0cQcfAiYrqYwNuTZw1L8ZOlPxMOmDce2Llk6XfxnQJmLRXuYtHDVyPF9/3EeDEzyg5CDr25skVyVz84MmVv0ZSdidXlWIU/',
  'oUtIRGyis8Ju2BkWw8KOHkRaa3TVjDplWjixAGKyUgsnYkbUjbglBtbvCjA3pru9LoRbXTDt5oKI7zuBnSMHd2PG3A06QChQqoPbAxR74N7SoLwG',
  'VPq+Fdx5eD/EuVUmUG7hqS80cD9gWIup8FotTouv/D1YbPCnAPkvwPcagJYGSHYD5qABD/p+P9CANAR0lv0rzNjScHAXxLlP6oBsM5iu32Hk51z7',
  'hSH8a7quUKDo+V6t8vX5ThkNJ2I0nJASs2zU92qBnYtS2oyZwAMA/gHw5wEpAagUqAGwDcGcQ437QXbW0JgZdaSnF9HQx5egPr3QZnOt0plOqHEk',
  'mHOoeR/UjXXaAsj2AsieascToeYOF1CsELce0SuvB1u3QKPu5FxGddQVaLbxyznWiwZw93sQ//YMpFMU6QhfPfgMk3CHB4AzC1uzE8LVNTshV5jX',
  'ZhxTyHamuls+ZOKIjXY6uuXTeyCfMAAhwEeOep4Zfe7XZ7ezCY20oFbDb4A7gSXASxNak4m+cfuph4D6ldPWaUICkFxF2/CunSwWXr/J3nlr2Jbs',
  'RLHwmrzZIfqGIx+krATAdkN4ARC3HzEDzFPpByp7gIZfAYcrtdA5Ykc9KRnz/fN1wJ49wPJAIyH+SZ3QGxOEhs4SKiWIf8UgdPoAoeghNHSB+Ffs',
  '4IVRffoF8ZOv3KZaQKWWNmeWsrL4iXYbqoffCN5kiP+RhTa+1iUUlUYb0E4oFLsNOEwoFhhtfK2XapNngRDf95gjGgPfdyaVk5M7S+N9GVfWjCX+',
  'ZWSUaJ7NsfrMG6hZOW0LGyZ/DmzcxL/zHNBTakGldSv5Y6ge3p93hyUUtWiDmBzP+CkJMjEsE7ADETr5m6JaNVdo7RNUR4VjhNaYZOkQSKMJcgog',
  '9R7I4g4QOssjlDsSqLpxLWUnvu8GLj9yHsoFsh/lg6QeawbJ3cb7g+SunycGyeJea5DQRm2Q0OswyGgN5j+jkAHU4qAjJskGrRZtvxWT5PtHa9EW',
  'fTZJaMU6tOHJJKHcp/kPOrWnt6Bu8byEaqGETeG2GkDaxTIMQ1kVFp7ekoPIuBn1am1CL1s8bVwT8S/rBZpRIOvnGMaqWzyvCwuHWwHU6amjTi7z',
  '79UIXeikVi4tdok/ohNaZRIaZtYzRGj2pjjWmW88YqhPX29WfnmeKP0jwD9xUgdu8gCx8wa92pt58B0taNBfHnHPYii9r+VMAgYdM9GAIUiJrIxH',
  'LGzDOq3C5F7NPn9kys382XLg5ZjJXYi64aTQr9joqdRS/o/5QeYPJ4UJfngtVA89cZT0c+dixrJdYqdib90cdSWv9XZiCQP9pWU6/u2R9UCzFTkB',
  'PGWInwVuLmNylVCuRxiIeniuRkPpMUAZAJY3gRuqMGU33LlIY6Ln1uceCEcHcTicfBzKDh2Vdl59jrFc4fv/AYRBoIKC6wXkBLBeS2Ms4FHf/zzX',
  'vWjYiek4iuxoeOJRtBWbUA1Vk2nY5TvRis2oTsvMqBzycB/COaJD3uSl/2M21j4bWP61dgitmEXxP4dwge36+vpY67ABIQmsKaiPNIlV82786NpO',
  'QDXuH75Y8S31253Cxeh7T5g55kE1MmDdCahvz7dVKiZVI9SfSj3FVlcfn4olt+MS3tTNuAYxCcQB7IfJNV7KPfURZxT45j876sbVThyKU4uIE4fs',
  'qHSBw//zTWcqlo2H0XTdvgqEf+37I1Wp4+k07vlTZtZ+w++NuLK115et8S/7NDDqV5hED9U5VZAzJKpw+ENN7LxNQ1pck/x9ARqsPw51VxVVzYij',
  'GpKbCTmumt1hHarRPfoH4bvLytyrw+9O80klVWb3IkNdr6PPhTrfRvcsSzVKrGwumaRGuZAgW1LrD885qak7a3bPsVRTdpjwshX2suMpXcoYycff',
  'gZpQqGpKU2pFmjwb+/DuNYNxRH+RxNo4ok47P8iQhbG0VVMYN2Vm2quPT5iwABNoctSND04yygqH39vkZBrv+DvNVZ7Jj6Ca6GaUu8fIZ69+6dBQ',
  'lTE7biJy6A8I7ZmNl+f7r2U//qSovOpb4/TaIGbeT7MEL9IiTibE9Kij0LgT+uuUq2ktIo8NoFuhi3Bf1OEGjkLeDqywC7nX3IcOdFdwfXy/evPv',
  'rvei9/5wlR1+ZfrzBn+aOwOcQEchXqvCKDVrFQevdEH8DNyRLjwXdZdrJXQquTcyua1FuDtq4+hRRN8D7rBSbz+/BPe5lq3/Ff4I0A7ZQQOELpQb',
  'eNQfyTYnvlFHZAvGbt4lJiS2H5Ub4zgG7OGB/1jPcDiSk/sTzKu0pXdSAwbYpZwBe0Thh9P8RnGKCZQaaZ6FXStDzS/wTvSeBy6bBWwaU1pPkR51',
  'iraUO0W//+Bikcbq05D/TSr3c1S+m27unXF5X09OPMH/FUTKvqjLvkIv2hNCMRt5uIU9j7JdTWoZxRVIy0QI/DHU6IgvGQJCZ0wWGUD5kvfBtWGR',
  'xpkB9/a0O6h+A1wntmIrVr+l5dEjf0BXrksosz3+gJ5nPP8F',
].join('');

export interface Glyph {
  width: number;
  /** 0 to 15. */
  cover: Uint8Array;
}

export const GLYPHS: ReadonlyMap<string, Glyph> = unpacked();

function unpacked(): Map<string, Glyph> {
  const bytes = inflateRawSync(Buffer.from(PACKED, 'base64'));
  const glyphs = new Map<string, Glyph>();
  let at = 0;
  for (const character of CHARACTERS) {
    const width = bytes[at++] ?? 0;
    const cover = new Uint8Array(width * GLYPH_HEIGHT);
    for (let i = 0; i < cover.length; i += 2) {
      const pair = bytes[at++] ?? 0;
      cover[i] = pair >> 4;
      if (i + 1 < cover.length) cover[i + 1] = pair & 15;
    }
    glyphs.set(character, { width, cover });
  }
  return glyphs;
}
