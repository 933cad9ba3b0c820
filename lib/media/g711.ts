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
