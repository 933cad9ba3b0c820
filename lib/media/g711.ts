/** G.711 (ITU-T G.711, 11/88): one byte per sample to 16-bit linear, as tables, which is both the shortest and the fastest form. */

function muLaw(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)) - 0x84;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function aLaw(code: number): number {
  const toggled = code ^ 0x55;
  const exponent = (toggled & 0x70) >> 4;
  const mantissa = ((toggled & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

/** Linear value (-32124..32124) of each mu-law byte. */
export const MU_LAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => muLaw(code));
/** Linear value (-32256..32256) of each A-law byte. */
export const A_LAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => aLaw(code));

/** For each 16-bit value (index: value + 32768) the byte whose value is nearest: exact, and one look-up per sample. */
function nearest(toLinear: Int16Array): Uint8Array {
  const codes = Array.from({ length: 256 }, (_, code) => code).sort(
    (a, b) => (toLinear[a] as number) - (toLinear[b] as number) || a - b,
  );
  const table = new Uint8Array(65_536);
  let place = 0;
  for (let value = -32_768; value <= 32_767; value += 1) {
    const distance = (index: number) => Math.abs((toLinear[codes[index] as number] as number) - value);
    while (place + 1 < codes.length && distance(place + 1) <= distance(place)) place += 1;
    table[value + 32_768] = codes[place] as number;
  }
  return table;
}

const LINEAR_TO_MU_LAW = nearest(MU_LAW_TO_LINEAR);
const LINEAR_TO_A_LAW = nearest(A_LAW_TO_LINEAR);

function encode(samples: Int16Array, table: Uint8Array): Buffer {
  const data = Buffer.allocUnsafe(samples.length);
  for (let index = 0; index < samples.length; index += 1)
    data[index] = table[(samples[index] as number) + 32_768] as number;
  return data;
}

function decode(data: Uint8Array, table: Int16Array): Int16Array {
  const samples = new Int16Array(data.length);
  for (let index = 0; index < data.length; index += 1) samples[index] = table[data[index] as number] as number;
  return samples;
}

export const encodeMuLaw = (samples: Int16Array): Buffer => encode(samples, LINEAR_TO_MU_LAW);
export const encodeALaw = (samples: Int16Array): Buffer => encode(samples, LINEAR_TO_A_LAW);
export const decodeMuLaw = (data: Uint8Array): Int16Array => decode(data, MU_LAW_TO_LINEAR);
export const decodeALaw = (data: Uint8Array): Int16Array => decode(data, A_LAW_TO_LINEAR);
