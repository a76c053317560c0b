import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Credentials, parsePlace, type Place, placeText, type RedisAddress } from './address.ts';
import { tlsOf } from './open-client.ts';

/** A server or a sentinel that speaks TLS with us. */
export type TlsPlace = Place & {
  /** `host:port`. */
  readonly place: string;
  /** Where the settings hold its TLS. */
  readonly at: 'redis.tls' | 'redis.sentinel.tls';
  readonly tls: TlsOptions;
};

const DEFAULT_PORT = 6379;

/** Each place once. `found` are servers that connections led to. @throws RingbackError RB_CONFIG_INVALID */
export function tlsPlaces(address: RedisAddress, found: readonly Place[]): TlsPlace[] {
  const { url, sentinel, cluster, tls } = address;
  const own = url && new URL(url.reveal());
  const named = own ? [{ host: own.hostname.replaceAll(/^\[|\]$/g, ''), port: Number(own.port || DEFAULT_PORT) }] : [];
  const servers = [...named, ...(cluster?.nodes ?? []).map(parsePlace), ...found];
  const isTls = own ? own.protocol === 'rediss:' : tls !== undefined;
  const all = [
    ...(sentinel?.tls ? placesOf(sentinel.nodes.map(parsePlace), 'redis.sentinel.tls', sentinel.tls) : []),
    ...(isTls ? placesOf(servers, 'redis.tls', tls ?? {}) : []),
  ];
  return [...new Map(all.map((one) => [one.place, one])).values()];
}

function placesOf(places: readonly Place[], at: TlsPlace['at'], credentials: NonNullable<Credentials['tls']>): TlsPlace[] {
  const tls = tlsOf(credentials, at);
  return places.map((place) => ({ ...place, place: placeText(place), at, tls }));
}
