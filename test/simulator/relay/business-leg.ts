import type { RTCPeerConnection, RtcpPacket, RtpPacket } from 'werift';

/** Stands for the business's WebRTC stack: werift as a full, controlling ICE agent on loopback, sending single packets. */
export class BusinessLeg {
  readonly received: { packet: RtpPacket; at: number }[] = [];
  readonly reports: RtcpPacket[] = [];
  readonly #connection: RTCPeerConnection;
  readonly #werift: typeof import('werift');
  #sequence = 1000;
  #timestamp = 5000;
  #timer: NodeJS.Timeout | undefined;

  private constructor(werift: typeof import('werift'), connection: RTCPeerConnection) {
    this.#werift = werift;
    this.#connection = connection;
  }

  static async open(): Promise<BusinessLeg> {
    const werift = await import('werift');
    const connection = new werift.RTCPeerConnection({
      iceServers: [],
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      codecs: {
        audio: [
          new werift.RTCRtpCodecParameters({
            mimeType: 'audio/opus',
            clockRate: 48000,
            channels: 2,
            payloadType: 111,
            parameters: 'minptime=20;useinbandfec=1',
          }),
          new werift.RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8000, payloadType: 126 }),
        ],
      },
    });
    connection.addTransceiver('audio', { direction: 'sendrecv' });
    return new BusinessLeg(werift, connection);
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#connection.localDescription?.sdp ?? '';
  }

  async apply(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer });
    const transport = this.#transport();
    transport.onRtp.subscribe((packet) => void this.received.push({ packet, at: performance.now() }));
    transport.onRtcp.subscribe((packet) => void this.reports.push(packet));
  }

  /** The answer to a person's offer, as `active` (or as the test wants it), as WhatsApp needs it. */
  async answer(offer: string, setup = 'active'): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    const transport = this.#transport();
    transport.onRtp.subscribe((packet) => void this.received.push({ packet, at: performance.now() }));
    const sdp = this.#connection.localDescription?.sdp ?? '';
    return sdp.replace(/a=setup:\w+/, `a=setup:${setup}`);
  }

  async connected(): Promise<void> {
    await until(() => this.#connection.connectionState === 'connected', 'the business leg to connect');
  }

  get state(): string {
    return this.#connection.connectionState;
  }

  get dtlsRole(): string {
    return this.#transport().role;
  }

  /** Sends one Opus packet; numbers go on by one and by 20 ms. */
  send(payload: Uint8Array, { ssrc = 4711, payloadType = 111, marker = false } = {}): void {
    const header = new this.#werift.RtpHeader({
      ssrc,
      payloadType,
      marker,
      sequenceNumber: this.#sequence & 0xffff,
      timestamp: this.#timestamp >>> 0,
    });
    this.#sequence += 1;
    this.#timestamp += 960;
    void this.#transport().sendRtp(Buffer.from(payload), header);
  }

  /** Leaves out packets, as silence suppression or loss would. */
  skip(packets: number, { lost }: { lost: boolean }): void {
    if (lost) this.#sequence += packets;
    this.#timestamp += packets * 960;
  }

  /** Sends the packets 20 ms apart, then resolves. */
  async play(packets: Uint8Array[]): Promise<void> {
    let next = 0;
    const start = performance.now();
    await new Promise<void>((resolve) => {
      this.#timer = setInterval(() => {
        while (next < packets.length && performance.now() - start >= next * 20)
          this.send(packets[next++] as Uint8Array);
        if (next < packets.length) return;
        clearInterval(this.#timer);
        resolve();
      }, 5);
    });
  }

  /** Audio packets received, in the order of their arrival. */
  audio(): RtpPacket[] {
    return this.received.map(({ packet }) => packet).filter(({ header }) => header.payloadType === 111);
  }

  events(): RtpPacket[] {
    return this.received.map(({ packet }) => packet).filter(({ header }) => header.payloadType === 126);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#connection.close();
  }

  #transport() {
    const [transport] = this.#connection.dtlsTransports;
    if (!transport) throw new Error('no transport yet');
    return transport;
  }
}

/** Waits for a condition. The limit only guards against hanging for ever. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, seconds = 20): Promise<void> {
  const limit = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
