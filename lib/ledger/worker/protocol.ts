/** What a ledger on the caller's thread and the worker that has its store say to each other. */
export interface Asked {
  id: number;
  name: string;
  args: unknown[];
}
export interface ToWorker {
  operations: Asked[];
  close?: boolean;
}
export interface PlainError {
  code: string;
  message: string;
  nextStep: string;
}
export interface Answer {
  id: number;
  value?: unknown;
  error?: PlainError;
}
export interface FromWorker {
  ready?: true;
  failed?: PlainError;
  closed?: true;
  results?: Answer[];
  /** What nobody asked for. */
  news?: unknown;
}
