import { type Callback, callbackKey, RingbackError, type Secret } from '@ringback/contracts';
import { type BodyKey, readKey } from './keys.ts';
import { seal, sealedWith, unseal } from './seal.ts';

type Owned = Pick<Callback, 'source' | 'account' | 'id'> & { readonly body: string };

/** Seals bodies before they rest, and opens them where they are used. Without keys both give back what they got. */
export type BodyCodec = {
  /** A sealed one stays as it is. */
  readonly seal: <T extends Owned>(callback: T) => T;
  /** A plain one stays as it is. @throws RingbackError RB_KEY_MISSING or RB_BODY_TAMPERED */
  readonly open: <T extends Owned>(callback: T) => T;
  /** Sealed with the first key, whatever it was before. Nothing is sealed any more: as it is. @throws as `open` */
  readonly reseal: <T extends Owned>(callback: T) => T;
  /** The same for a body alone. `key` is `callbackKey` of its callback. */
  readonly resealBody: (body: string, key: string) => string;
};

/** The first key seals, all open. Not `active`: nothing is sealed any more. */
export type EncryptSettings = { readonly keys: readonly { readonly key: Secret }[]; readonly active: boolean };

type Keys = {
  readonly of: EncryptSettings | undefined;
  readonly first: BodyKey | undefined;
  readonly byId: ReadonlyMap<string, BodyKey>;
};

/** `settings` may change while the process runs. */
export function createBodyCodec(settings: () => EncryptSettings | undefined): BodyCodec {
  let known: Keys | undefined;
  // What a process has opened it need not open again.
  const opened = new WeakMap<Owned, string>();
  function keys(): Keys {
    const now = settings();
    if (known === undefined || known.of !== now) known = keysOf(now);
    return known;
  }

  function bodyOf(callback: Owned, id: string): string {
    const before = opened.get(callback);
    if (before !== undefined) return before;
    const key = keys().byId.get(id) ?? keyMissing(id);
    const body = unseal(callback.body, callbackKey(callback), key);
    opened.set(callback, body);
    return body;
  }

  function resealBody(body: string, callback: string): string {
    const { first, byId } = keys();
    const id = sealedWith(body);
    if (first === undefined || id === first.id) return body;
    const key = id === undefined ? undefined : (byId.get(id) ?? keyMissing(id));
    return seal(key === undefined ? body : unseal(body, callback, key), callback, first);
  }

  return {
    open(callback) {
      const id = sealedWith(callback.body);
      return id === undefined ? callback : { ...callback, body: bodyOf(callback, id) };
    },
    seal(callback) {
      const { first } = keys();
      if (first === undefined || sealedWith(callback.body) !== undefined) return callback;
      return { ...callback, body: seal(callback.body, callbackKey(callback), first) };
    },
    reseal(callback) {
      const body = resealBody(callback.body, callbackKey(callback));
      return body === callback.body ? callback : { ...callback, body };
    },
    resealBody,
  };
}

function keysOf(of: EncryptSettings | undefined): Keys {
  const all = (of?.keys ?? []).map(({ key }) => readKey(key));
  return { of, first: of?.active === true ? all[0] : undefined, byId: new Map(all.map((key) => [key.id, key])) };
}

/** Ids of the keys, in the order of the settings. @throws RingbackError RB_CONFIG_INVALID */
export const keyIds = ({ keys }: EncryptSettings): readonly string[] => keys.map(({ key }) => readKey(key).id);

function keyMissing(id: string): never {
  throw new RingbackError('RB_KEY_MISSING', `a body is encrypted with key ${id}, which privacy.encrypt.keys does not have`);
}
