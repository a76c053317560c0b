import { isUtf8 } from 'node:buffer';
import {
  type Callback,
  type QuarantinedCallback,
  RingbackError,
  SEALED_MARK,
  type Source,
  type VerifiedRequest,
} from '@ringback/contracts';
import type { QuarantineProducer } from '@ringback/queue';

const SEALED = Buffer.from(SEALED_MARK);

/** `quarantined` is false if there was no room. */
export type Unfit = { readonly unfit: unknown; readonly quarantined: boolean };

type Reading = { source: Source; verified: VerifiedRequest; quarantine: Pick<QuarantineProducer, 'keep'> };

/**
 * MUST be kept before it is refused: the sender may send it only once. @throws RingbackError
 * RB_QUEUE_UNAVAILABLE or RB_REDIS_REFUSES
 */
export async function readOrKeep({ source, verified, quarantine }: Reading): Promise<Callback | Unfit> {
  try {
    return source.read(verified);
  } catch (error) {
    return { unfit: error, quarantined: await quarantine.keep(quarantineEntry(verified, error)) };
  }
}

function quarantineEntry({ body, headers, ...request }: VerifiedRequest, error: unknown): QuarantinedCallback {
  // A text that looks like an encrypted one would be taken for one.
  const encoding = isUtf8(body) && !body.subarray(0, SEALED.length).equals(SEALED) ? 'utf8' : 'base64';
  const coded = error instanceof RingbackError ? error : undefined;
  const kept = Object.entries(headers).map(([name, values]) => [name, [...(values ?? [])]]);
  return {
    v: 1,
    ...request,
    headers: Object.fromEntries(kept),
    body: body.toString(encoding),
    encoding,
    code: coded?.code ?? 'RB_INTERNAL',
    // A bug's message may hold personal data.
    reason: coded ? `${coded.code}: ${coded.message}` : 'RB_INTERNAL: a bug while it was read',
  };
}
