export type { Field, Link, Message, Progress, State } from './message.ts';
export { progressLine } from './progress-line.ts';
export { writeMessage } from './write-message.ts';
