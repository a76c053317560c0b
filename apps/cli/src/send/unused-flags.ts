import { type FoundSender, idOf } from './sender.ts';

type Given = {
  readonly kind: string;
  readonly file?: Buffer | undefined;
  readonly requestId?: string | undefined;
  readonly event?: string | undefined;
};

/** Warnings of flags that change nothing of what this sender sends. */
export function unusedFlags(sender: FoundSender, given: Given): string[] {
  const { event, requestId, file } = given;
  const unused = [
    ...(requestId === undefined ? [] : [{ flag: '--request-id', what: 'id', hasEffect: setsId(sender, requestId) }]),
    ...(event === undefined ? [] : [{ flag: '--event', what: 'event', hasEffect: setsEvent(sender, event) }]),
  ].filter(({ hasEffect }) => !hasEffect(given));
  return unused.map(({ flag, what, hasEffect }) => {
    const isInBody = file !== undefined && hasEffect({ ...given, file: undefined });
    return `warning: ${flag} has no effect: source ${sender.name} ${isInBody ? IN_BODY : whyNone(what, sender, given)}`;
  });
}

const IN_BODY = 'reads it from the body, which --file gives';

function whyNone(what: string, sender: FoundSender, given: Given): string {
  const canSign = make(sender, given, { at: 0, requestID: 'id' }).headers !== undefined;
  return canSign ? `has callbacks without an ${what} of their own` : 'has no secret set, so its headers are not made';
}

function setsId(sender: FoundSender, requestID: string) {
  return (given: Given): boolean => {
    const at = Date.now();
    const made = make(sender, given, { at, requestID });
    const id = idOf(sender, { kind: given.kind, receivedAt: at, headers: {}, ...made });
    return id === undefined || id === requestID;
  };
}

function setsEvent(sender: FoundSender, event: string) {
  return (given: Given): boolean => {
    const fixed = { at: Date.now(), requestID: 'id' };
    const [one, other] = [make(sender, given, { ...fixed, event }), make(sender, given, { ...fixed, event: `${event}.x` })];
    return JSON.stringify(one) !== JSON.stringify(other);
  };
}

type Made = { readonly at: number; readonly requestID: string; readonly event?: string };

type Sample = { readonly body: Buffer; readonly headers?: Readonly<Record<string, string>> };

/** Without headers if a secret is not set. */
function make(sender: FoundSender, { kind, file }: Given, { at, requestID, event }: Made): Sample {
  const body = file ?? Buffer.from(sender.sample({ kind, at, requestID, event }));
  try {
    return { body, headers: sender.sign({ kind, account: sender.account, body, requestID, at, event }) };
  } catch {
    return { body };
  }
}
