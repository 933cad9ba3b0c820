import { strict as assert } from 'node:assert';
import { createHmac, randomBytes } from 'node:crypto';
import { HmacSha1 } from '../../../../lib/media/srtp/hmac-sha1.ts';

describe('HMAC-SHA1', () => {
  it('is the system’s, for messages of every length up to 300 bytes, one of 60,000, and keys of every length', () => {
    for (let length = 0; length <= 301; length += 1) {
      const key = randomBytes(1 + (length % 64));
      const data = randomBytes(length === 301 ? 60_000 : length);
      const number = randomBytes(4).readUInt32BE();
      const tail = Buffer.alloc(4);
      tail.writeUInt32BE(number);
      const wanted = createHmac('sha1', key).update(data).update(tail).digest('hex');
      const framed = Buffer.concat([Buffer.from([1, 2, 3]), data, Buffer.from([4])]);
      const digest = new HmacSha1(key).digest(framed, 3, 3 + data.length, number);
      assert.equal(Buffer.from(digest.subarray(0, 20)).toString('hex'), wanted, `${length} bytes`);
    }
  });

  it('has the digests of RFC 2202', () => {
    // The four bytes behind the message are its own last ones.
    const hex = (key: Uint8Array, message: Buffer) => {
      const last = message.readUInt32BE(message.length - 4);
      const digest = new HmacSha1(key).digest(message, 0, message.length - 4, last);
      return Buffer.from(digest.subarray(0, 20)).toString('hex');
    };
    assert.equal(hex(Buffer.alloc(20, 0x0b), Buffer.from('Hi There')), 'b617318655057264e28bc0b6fb378c8ef146be00');
    assert.equal(
      hex(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?')),
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    );
    assert.equal(hex(Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd)), '125d7342b9ac11cd91a39af48aa17b4f63f175d3');
  });
});
