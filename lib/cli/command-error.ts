// An error that the command reports as one sentence, without a stack, and ends with its exit status.

/** 1: it did not work; 2: the command line is wrong. */
export type ExitStatus = 1 | 2

export class CommandError extends Error {
  constructor(
    readonly exitStatus: ExitStatus,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
