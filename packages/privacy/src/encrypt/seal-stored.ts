import type { Callback } from '@ringback/contracts';
import type { BodyCodec } from './body-codec.ts';

type Share = { readonly callbacks: readonly Callback[] };

/** What is stored for outputs without having come through the ingress: with its bodies sealed. */
export function sealStored<T extends { readonly shares: readonly Share[] }>(stored: T, seal: BodyCodec['seal']): T {
  return { ...stored, shares: stored.shares.map((share) => ({ ...share, callbacks: share.callbacks.map(seal) })) };
}
