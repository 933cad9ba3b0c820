import type { LegOptions } from '../media/media.ts';
import { flag, number, text } from './node-config.ts';

const SERVER = /^(?:[\w.-]{1,253}|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;
const server = () =>
  text().refine(
    (value) => value === '' || SERVER.test(value),
    'must be a host, with or without a port, such as stun.example.com:3478',
  );

/** The properties of a `wa-call-config` node that say how its calls reach the network and what is told of their sound. */
export const MEDIA_SHAPE = {
  mediaStun: server(),
  mediaTurn: server(),
  mediaTurnUser: text(),
  mediaAllowPrivate: flag(false),
  mediaSilenceSeconds: number(10, { min: 0, max: 3600 }),
  mediaSilenceEnds: number(0, { min: 0, max: 3600 }),
  mediaStatistics: number(0, { min: 0, max: 3600 }),
};
type MediaSettings = {
  mediaStun: string;
  mediaTurn: string;
  mediaTurnUser: string;
  mediaAllowPrivate: boolean;
} & Record<'mediaSilenceSeconds' | 'mediaSilenceEnds' | 'mediaStatistics', number>;

/** What is told of the sound, in either provider. */
export function toldOfMedia(settings: MediaSettings): LegOptions {
  const { mediaSilenceSeconds, mediaSilenceEnds, mediaStatistics } = settings;
  return {
    silenceSeconds: mediaSilenceSeconds,
    silenceEndsSeconds: mediaSilenceEnds,
    statisticsSeconds: mediaStatistics,
  };
}

/** Servers that help through routers. Without any, none is asked. */
export function mediaServers(settings: MediaSettings, turnPassword: string | undefined): LegOptions {
  const { mediaStun, mediaTurn, mediaTurnUser: username, mediaAllowPrivate } = settings;
  const iceServers = [
    ...(mediaStun === '' ? [] : [{ urls: `stun:${mediaStun}` }]),
    ...(mediaTurn === '' ? [] : [{ urls: `turn:${mediaTurn}`, username, credential: turnPassword?.trim() ?? '' }]),
  ];
  return {
    ...(iceServers.length > 0 && { iceServers }),
    ...(mediaAllowPrivate && { allowPrivate: true }),
  };
}

/**
 * The address from which a call's sound leaves: the one that was set; this machine's own if the provider's API is on this
 * machine as well (a simulator in another process), because its relay then is, too, and nothing is sent to a private address
 * otherwise.
 */
export function bindAddressOf(set: string, baseUrl: string): LegOptions {
  if (set !== '') return { bindAddress: set };
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  return host === 'localhost' || /^127\./.test(host) ? { bindAddress: '127.0.0.1' } : {};
}
