import type { Describe } from '../message.ts';
import { describeCall, describeOrder } from './call.ts';
import { describeTask } from './task.ts';

const BY_KIND: ReadonlyMap<string | undefined, (data: unknown) => ReturnType<Describe>> = new Map([
  ['task', describeTask],
  ['order', describeOrder],
  ['call', describeCall],
]);

/** The second word of a type is the kind: `callbot.task.completed`. */
export const describeCallbot: Describe = (type, data) => BY_KIND.get(type.split('.', 2)[1])?.(data);
