import { isUtf8 } from 'node:buffer';
import { type Callback, type QuarantinedCallback, RingbackError, type Source, type VerifiedRequest } from '@ringback/contracts';
import type { QuarantineProducer } from '@ringback/queue';

/** A callback that is truly its sender's, but cannot be read. False for `quarantined`: there was no room. */
export type Unfit = { readonly unfit: unknown; readonly quarantined: boolean };

type Reading = { source: Source; verified: VerifiedRequest; quarantine: Pick<QuarantineProducer, 'keep'> };

/**
 * Reads a verified request. What cannot be read, by whosever fault, MUST be kept before it is refused: the sender may send it only once.
 * @throws RingbackError RB_QUEUE_UNAVAILABLE or RB_REDIS_REFUSES when it could be neither read nor kept
 */
export async function readOrKeep({ source, verified, quarantine }: Reading): Promise<Callback | Unfit> {
  try {
    return source.read(verified);
  } catch (error) {
    return { unfit: error, quarantined: await quarantine.keep(quarantineEntry(verified, error)) };
  }
}

function quarantineEntry({ body, headers, ...request }: VerifiedRequest, error: unknown): QuarantinedCallback {
  const encoding = isUtf8(body) ? 'utf8' : 'base64';
  const coded = error instanceof RingbackError ? error : undefined;
  const kept = Object.entries(headers).map(([name, values]) => [name, [...(values ?? [])]]);
  return {
    v: 1,
    ...request,
    headers: Object.fromEntries(kept),
    body: body.toString(encoding),
    encoding,
    code: coded?.code ?? 'RB_INTERNAL',
    // The message of a bug may hold anything: the log has it.
    reason: coded ? `${coded.code}: ${coded.message}` : 'RB_INTERNAL: a bug while it was read',
  };
}
