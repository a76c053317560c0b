import type { Callback } from '@ringback/contracts';

/** `bad` needs a person, `warning` may need one, `good` and `neutral` do not. */
export type State = 'good' | 'warning' | 'bad' | 'neutral';

/** Both texts have at least one visible character. */
export type Field = { readonly name: string; readonly value: string };

/** An http or https URL of at most 2000 characters, without user name or password. */
export type Link = { readonly label: string; readonly url: string };

export type Progress = {
  /** Whole percent from 0 to 100, rounded down. Undefined if there is nothing to do. */
  readonly percent?: number | undefined;
  /** `90 of 100 orders` */
  readonly counts: string;
};

/**
 * What a message says about a callback, in no markup. An output turns it into its own.
 * Each text is one line of well-formed Unicode with at most 301 UTF-16 units. There are at most 20 fields and 5 links.
 * Values come from the sender: an output MUST escape them.
 */
export type Message = {
  /** Begins with a sign such as ✅ if the state has one. */
  readonly title: string;
  readonly state: State;
  readonly progress?: Progress | undefined;
  readonly fields: readonly Field[];
  readonly links: readonly Link[];
  /** A remark below the fields. */
  readonly text?: string | undefined;
  /** The callback that the message is about. `time` is ISO 8601. */
  readonly about: Pick<Callback, 'id' | 'source' | 'account' | 'type'> & { readonly time: string };
};

/** A name and the value beside it. A row without a value is left out. */
export type Row = readonly [name: string, value: string | null | undefined];

/** A message as its author writes it. `finishMessage` cuts off what is too long. */
export type Draft = Pick<Message, 'title' | 'state' | 'progress' | 'text'> & {
  readonly rows: readonly Row[];
  readonly links?: readonly Link[];
};

/**
 * Writes the messages of one source type. `data` is the body's JSON with each number as the digits that came.
 * Returns undefined if there is no message for this type or the body has another shape. MUST NOT throw.
 */
export type Describe = (type: string, data: unknown) => Draft | undefined;
