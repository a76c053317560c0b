const LINE_EVERY_MS = 5000;

export type ProgressLine = {
  /** `bar`: before it, on a terminal. `isLast`: shown whenever the one before was. */
  readonly show: (text: string, more?: { readonly bar?: string; readonly isLast?: boolean }) => void;
  readonly end: () => void;
};

export type ProgressOptions = {
  /** A terminal gets one line that changes, other streams a line from time to time. */
  readonly stream: { readonly isTTY?: boolean; readonly write: (text: string) => unknown };
  /** Monotonic, ms. */
  readonly now: () => number;
};

export function createProgressLine({ stream, now }: ProgressOptions): ProgressLine {
  let [shownAt, shown] = [Number.NEGATIVE_INFINITY, ''];
  const onTerminal = stream.isTTY === true;
  return {
    show(text, { bar = '', isLast = false } = {}) {
      if (text === shown || (!onTerminal && now() - shownAt < LINE_EVERY_MS && !isLast)) return;
      [shownAt, shown] = [now(), text];
      stream.write(onTerminal ? `\r\u001B[K${bar}${text}` : `${text}\n`);
    },
    end: () => void (onTerminal && shown !== '' && stream.write('\n')),
  };
}
