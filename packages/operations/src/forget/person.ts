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
  /** Also if its body is gone. */
  readonly isInRow: (row: CallbackRow) => boolean;
  readonly hasPhone: (text: string | undefined) => boolean;
  /** What rests, with each body in it no longer encrypted. @throws as `isIn` */
  readonly openedPayload: (payload: unknown) => unknown;
  /** By phone number: only reading everything finds it. */
  readonly needsBodies: boolean;
  readonly named: Named;
};

type Decrypting = {
  readonly open: <T extends Pick<Callback, 'source' | 'account' | 'id' | 'body'>>(callback: T) => T;
  readonly openPayload: (payload: unknown) => unknown;
};

const NONE_IS_ENCRYPTED: Decrypting = { open: (callback) => callback, openPayload: (payload) => payload };

/** @param subjectsOf of the callback's source. Undefined: the source is not in the settings, or has none */
export function createPerson(
  named: Named,
  subjectsOf: (callback: Callback) => Subjects | undefined,
  { open, openPayload }: Decrypting = NONE_IS_ENCRYPTED,
): Person {
  const { phones, requestIDs, tasks } = named;
  const hasPhone = (text: string | undefined) => text !== undefined && phones.some((matches) => matches(text));
  const isTask = ({ task, userTask }: Subjects) =>
    (task !== undefined && tasks.includes(task)) || (userTask !== undefined && tasks.includes(userTask));
  const isIn = (callback: Callback) =>
    requestIDs.includes(callback.id) ||
    (phones.length > 0 && hasPhone(open(callback).body)) ||
    hasPhone(callback.about) ||
    hasPhone(callback.id) ||
    (tasks.length > 0 && isTask(subjectsOf(open(callback)) ?? {}));
  return {
    isIn,
    isInRow: (row) => isTask(row.subjects) || isIn({ ...row, body: row.body ?? '' }) || textsOf(row).some(hasPhone),
    hasPhone,
    opened: open,
    openedPayload: openPayload,
    isNamed: (text) => hasPhone(text) || requestIDs.some((id) => hasWhole(text, JSON.stringify(id).slice(1, -1))),
    needsBodies: phones.length > 0,
    named,
  };
}

const OF_AN_ID = /[\p{L}\p{N}_-]/u;

/** The id as a whole: 1 is not in 12. */
function hasWhole(text: string, id: string): boolean {
  for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
    const [before, after] = [text.charAt(at - 1), text.charAt(at + id.length)] as const;
    if (!OF_AN_ID.test(before) && !OF_AN_ID.test(after)) return true;
  }
  return false;
}

/** What a sender can put into a row beside the body, the id and what it is about. */
function textsOf({ type, deliverAs, subjects, fate }: CallbackRow): (string | undefined)[] {
  const { task, userTask, order, call, progress } = subjects;
  return [type, deliverAs, task, userTask, order, call, progress?.state, fate.unrouted?.reason];
}
