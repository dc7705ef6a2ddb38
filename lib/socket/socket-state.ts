// The state of a socket in one number: the ready state and, in bits beside it, what makes sending anything but ordinary. So
// an ordinary send looks at one number only, and it is ReadyState.OPEN.

/** The bits of the ready state. */
export const READY_STATE = 3
/** The message begun with `fin: false` has not been finished. */
export const MID_MESSAGE = 4
/** `sendStream` is sending a message. */
export const STREAMING = 8
