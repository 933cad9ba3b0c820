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
  mediaSetups: number(20, { min: 1, max: 200 }),
};
type MediaSettings = {
  mediaStun: string;
  mediaTurn: string;
  mediaTurnUser: string;
  mediaAllowPrivate: boolean;
} & Record<'mediaSilenceSeconds' | 'mediaSilenceEnds' | 'mediaStatistics' | 'mediaSetups', number>;

/** What is told of the sound, and how many calls set up at once, in either provider. */
export function toldOfMedia(settings: MediaSettings): LegOptions {
  const { mediaSilenceSeconds, mediaSilenceEnds, mediaStatistics, mediaSetups } = settings;
  return {
    silenceSeconds: mediaSilenceSeconds,
    silenceEndsSeconds: mediaSilenceEnds,
    statisticsSeconds: mediaStatistics,
    setupsAtOnce: mediaSetups,
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
 * A provider's API on this machine may be a simulator in another process, whose media relay is here as well; or a proxy to the
 * real one, whose relays are anywhere. So this machine may be asked, and everybody else as always.
 */
export function loopbackOf(baseUrl: string): Pick<LegOptions, 'allowLoopback'> {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host) ? { allowLoopback: true } : {};
}
