import type { DecoderOptions, EncoderOptions } from 'libopus-wasm';

/** The rates that Opus codes natively, in Hz (RFC 6716 §2). */
export type OpusRate = NonNullable<EncoderOptions['sampleRate']>;

export interface OpusEncoderSettings {
  /** Hz of the samples handed in: 8000, 12000, 16000, 24000 or 48000. */
  sampleRate: OpusRate;
  channels: 1 | 2;
  /** Bits per second. Default 24000: wideband speech, within the 20-40 kbit/s of a WhatsApp call. */
  bitrate?: number;
  /**
   * 0 (cheap) to 10 (best). Default 5: the cost/quality knee measured for speech; at 8000 Hz 2, which is as good there (segmental SNR 8.6 dB with 2,
   * 8.5 with 5; log-spectral distance 4.0 and 3.9 dB) and takes 69 us a frame instead of 95 (measured 2026-11-21).
   */
  complexity?: number;
  /** In-band forward error correction (RFC 6716 §2.1.7). Default on: Meta's answers ask for it (`useinbandfec=1`). */
  fec?: boolean;
}

export interface OpusEncoder {
  /** Encodes one frame of 2.5-60 ms (interleaved when stereo); normally 20 ms. */
  encode(pcm: Int16Array): Uint8Array;
  free(): void;
}

export interface OpusDecoder {
  /** Decodes one packet to interleaved samples. Throws on a packet that is not Opus. */
  decode(packet: Uint8Array): Int16Array;
  /** Invents `samples` samples per channel for a lost packet, continuing the last sound (packet loss concealment). */
  conceal(samples: number): Int16Array;
  /**
   * Decodes the copy of a lost packet of `samples` samples per channel that the packet after it may carry (in-band FEC, RFC 6716 §2.1.7);
   * where it carries none, the same as `conceal`. Decode the packet itself afterwards.
   */
  recover(next: Uint8Array, samples: number): Int16Array;
  free(): void;
}

/**
 * The share of loss, in percent, that the encoder spends bits on when FEC is on. With 5 it writes no copies at all at 24 kbit/s wideband, with
 * 10 one in nearly every packet of speech, for a fifth more bytes (measured 2026-11-21, libopus 1.6.1).
 */
const EXPECTED_LOSS_PERCENT = 10;

/** Compiles the codec ahead of its first use, which would otherwise hold up the packets of a call that is already going on. */
export async function warmUpOpus(): Promise<void> {
  const { loadLibopus } = await import('libopus-wasm');
  await loadLibopus();
}

/** An encoder for speech at the given rate; nothing needs to be resampled for it. Free it after use: it holds WASM memory. */
export async function createOpusEncoder(settings: OpusEncoderSettings): Promise<OpusEncoder> {
  const opus = await import('libopus-wasm');
  const fec = settings.fec ?? true;
  const encoder = await opus.createEncoder({
    application: opus.Application.Voip,
    sampleRate: settings.sampleRate,
    channels: settings.channels,
    bitrate: settings.bitrate ?? 24_000,
    complexity: settings.complexity ?? (settings.sampleRate === 8000 ? 2 : 5),
    fec,
    packetLossPercent: fec ? EXPECTED_LOSS_PERCENT : 0,
    signal: opus.Signal.Voice,
  });
  return {
    encode: (pcm) => encoder.encode(pcm, { frameSize: pcm.length / settings.channels }),
    free: () => encoder.free(),
  };
}

/** A decoder that delivers at the given rate, whatever rate the sender used. Free it after use: it holds WASM memory. */
export async function createOpusDecoder(
  settings: Required<Pick<DecoderOptions, 'sampleRate' | 'channels'>>,
): Promise<OpusDecoder> {
  const opus = await import('libopus-wasm');
  const { sampleRate, channels } = settings;
  const decoder = await opus.createDecoder({ sampleRate, channels });
  const step = sampleRate / 400; // libopus conceals in multiples of 2.5 ms
  const longest = (sampleRate * 3) / 25; // and at most 120 ms at once
  return {
    decode: (packet) => decoder.decode(packet),
    conceal(samples) {
      const pcm = new Int16Array(samples * channels);
      for (let done = 0; done < samples; ) {
        const wanted = Math.min(samples - done, longest);
        const made = decoder.decodePacketLoss(Math.ceil(wanted / step) * step);
        pcm.set(made.subarray(0, wanted * channels), done * channels);
        done += wanted;
      }
      return pcm;
    },
    recover: (next, samples) => decoder.decode(next, { decodeFec: true, frameSize: samples }),
    free: () => decoder.free(),
  };
}
