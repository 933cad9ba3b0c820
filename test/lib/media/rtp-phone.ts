import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRtcp, type RtpDatagram, readRtp, writeRtp } from '../../../lib/media/rtp-datagram.ts';
import { freeRtpPort } from '../../free-rtp-port.ts';

/** The far side of a bridge on two UDP ports: a telephone without signalling. */
export class RtpPhone {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
  readonly packets: (RtpDatagram & { at: number })[] = [];
  /** RTCP that came to the port above, and on the RTP port. */
  readonly reports: { data: Buffer; muxed: boolean }[] = [];
  sequenceNumber = 65_530;
  timestamp = 0xffff_ff00;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.port = rtp.address().port;
    const take = (data: Buffer, _from: RemoteInfo, muxed: boolean) => {
      const packet = readRtp(data);
      if (packet) this.packets.push({ ...packet, at: performance.now() });
      else if (isRtcp(data)) this.reports.push({ data, muxed });
    };
    rtp.on('message', (data, from) => take(data, from, true));
    rtcp.on('message', (data, from) => take(data, from, false));
  }

  static async open(): Promise<RtpPhone> {
    const port = await freeRtpPort();
    const open = async (at: number) => {
      const socket = createSocket('udp4').bind(at, '127.0.0.1');
      await once(socket, 'listening');
      return socket;
    };
    return new RtpPhone(await open(port), await open(port + 1));
  }

  send(to: number, packet: Partial<RtpDatagram> & { payload: Buffer }): void {
    const { sequenceNumber, timestamp } = this;
    const data = writeRtp({ payloadType: 0, marker: false, ssrc: 4711, sequenceNumber, timestamp, ...packet });
    this.rtp.send(data, to, '127.0.0.1');
  }

  /** Sends payloads one after the other, each lasting `ms` and `ticks`. */
  async speak(to: number, payloadType: number, payloads: Buffer[], ms: number, ticks: number): Promise<void> {
    const begin = performance.now();
    for (const [index, payload] of payloads.entries()) {
      await sleep(Math.max(0, begin + index * ms - performance.now()));
      this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
      this.timestamp = (this.timestamp + ticks) >>> 0;
      this.send(to, { payloadType, payload });
    }
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }
}
