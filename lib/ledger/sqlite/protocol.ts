import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import type { Operation } from './store.ts';

/** What the engine and its worker say to each other. */
export interface WorkerSettings {
  path: string;
  profile: Profile;
  optOut?: OptOutWords;
  owner: string;
  maxPages: number;
  retentionDays?: number;
  /** Wall and steady milliseconds as two float64, for tests. */
  clock?: SharedArrayBuffer;
}
export interface ToWorker {
  operations: (Operation & { id: number })[];
  close?: boolean;
}
export interface PlainError {
  code: string;
  message: string;
  nextStep: string;
}
export interface FromWorker {
  ready?: true;
  failed?: PlainError;
  closed?: true;
  results?: { id: number; value?: unknown; error?: PlainError }[];
}
