import type { Callback } from '@ringback/contracts';

/** `bad` needs a person, `warning` may need one. */
export type State = 'good' | 'warning' | 'bad' | 'neutral';

/** Neither text is blank. */
export type Field = { readonly name: string; readonly value: string };

/** At most 2000 characters, http or https, without user name or password. */
export type Link = { readonly label: string; readonly url: string };

export type Progress = {
  /** 0 to 100, whole. Undefined if there is nothing to do. */
  readonly percent?: number | undefined;
  /** `90 of 100 orders` */
  readonly counts: string;
};

/**
 * Without markup: an output adds its own and MUST escape all texts. Each is one line of well-formed Unicode, at most
 * 301 UTF-16 units. At most 20 fields and 5 links.
 */
export type Message = {
  readonly title: string;
  readonly state: State;
  readonly progress?: Progress | undefined;
  readonly fields: readonly Field[];
  readonly links: readonly Link[];
  readonly text?: string | undefined;
  /** `time` is ISO 8601. */
  readonly about: Pick<Callback, 'id' | 'source' | 'account' | 'type'> & { readonly time: string };
};

/** A row without a value is left out. */
export type Row = readonly [name: string, value: string | null | undefined];

/** A message before `finishMessage` cuts it. */
export type Draft = Pick<Message, 'title' | 'state' | 'progress' | 'text'> & {
  readonly rows: readonly Row[];
  readonly links?: readonly Link[];
};

/**
 * The messages of one source type. `data` is what `readBody` returns. Undefined: no message for this callback type, or
 * the body has another shape. MUST NOT throw.
 */
export type Describe = (type: string, data: unknown) => Draft | undefined;
