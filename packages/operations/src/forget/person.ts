import type { Callback, Subjects } from '@ringback/contracts';
import type { CallbackRow } from '@ringback/history';
import type { Person as PersonInQueues } from '@ringback/queue';

/** Whose callbacks are to be removed: those that one of these names. */
export type Named = {
  /** From `phoneMatcher`. */
  readonly phones: readonly ((text: string) => boolean)[];
  readonly requestIDs: readonly string[];
  /** The provider's ids of tasks, or the customer's own. */
  readonly tasks: readonly string[];
};

export type Person = PersonInQueues & {
  readonly isInRow: (row: CallbackRow) => boolean;
  /** By phone number: only reading everything finds it. */
  readonly needsBodies: boolean;
  readonly named: Named;
};

/** @param subjectsOf of the callback's source. Undefined: the source is not in the settings, or has none */
export function createPerson(named: Named, subjectsOf: (callback: Callback) => Subjects | undefined): Person {
  const { phones, requestIDs, tasks } = named;
  const hasPhone = (text: string) => phones.some((matches) => matches(text));
  const isTask = ({ task, userTask }: Subjects) =>
    (task !== undefined && tasks.includes(task)) || (userTask !== undefined && tasks.includes(userTask));
  const isIn = (callback: Callback) =>
    requestIDs.includes(callback.id) ||
    hasPhone(callback.body) ||
    (callback.about !== undefined && hasPhone(callback.about)) ||
    hasPhone(callback.id) ||
    (tasks.length > 0 && isTask(subjectsOf(callback) ?? {}));
  return {
    isIn,
    isInRow: (row) => isTask(row.subjects) || isIn({ ...row, body: row.body ?? '' }),
    isNamed: (text) => hasPhone(text) || requestIDs.some((id) => text.includes(JSON.stringify(id).slice(1, -1))),
    needsBodies: phones.length > 0,
    named,
  };
}
