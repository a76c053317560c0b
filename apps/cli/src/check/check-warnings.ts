import { type Config, type InspectedConfig, unknownName } from '@ringback/config';
import { isOpenToOthers } from '@ringback/observability';
import { matchesType, reviewCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import type { TSchema } from 'typebox';
import { type Given, givenBy, takesOpen } from './given-types.ts';
import { alertWarnings } from './alert-warnings.ts';
import { historyWarnings } from './history-warnings.ts';
import { maskWarnings } from './mask-warnings.ts';
import { portWarnings } from './port-warnings.ts';
import { paddedSecrets } from './padded-secrets.ts';
import { unsignedAccounts, weakSecrets } from './secret-warnings.ts';
import type { Warning } from './warning.ts';

type Route = Config['routes'][number];

export function checkWarnings({ config, lineOf }: InspectedConfig): string[] {
  const given = givenBy(config.sources);
  const warnings = [
    ...portWarnings(config),
    ...alertWarnings(config),
    ...adminWarnings(config),
    ...paddedSecrets(config),
    ...config.routes.flatMap((route, index) => routeWarnings(route, index, given)),
    ...uselessDrops(config, given),
    ...unroutedSources(config, given),
    ...unsignedAccounts(config),
    ...weakSecrets(config),
    ...unusedOutputs(config),
    ...maskWarnings(config, given),
    ...retryWarnings(config),
    ...historyWarnings(config),
  ];
  return warnings.map(({ at, text }) => lineOf(at, text));
}

/** As the apps do at their start. */
function adminWarnings({ ingress, worker }: Config): Warning[] {
  const open = Object.entries({ ingress, worker }).filter(([, settings]) => isOpenToOthers(settings));
  const text = 'is reached from other machines, and /metrics asks for nothing: set adminToken or adminTls, or keep others out';
  return open.map(([section]) => ({ at: [section, 'adminHost'], text }));
}

function routeWarnings({ match, when }: Route, index: number, { types, open, ...names }: Given): Warning[] {
  const warnings: Warning[] = [];
  const matched = new Set<string>();
  for (const [position, pattern] of match.entries()) {
    const fitting = [...types.keys()].filter((type) => matchesType(pattern, type));
    for (const type of fitting) matched.add(type);
    if (fitting.length > 0 || takesOpen(pattern, open)) continue;
    const text = `no source gives a type that fits ${JSON.stringify(pattern)}; ${unknownName(pattern, [...open.map((word) => `${word}.*`), ...patternsOf(types)])}`;
    warnings.push({ at: ['routes', index, 'match', position], text });
  }
  if (when === undefined) return warnings;
  // No type matches: the pattern is mistyped.
  const taken = matched.size > 0 ? matched : types.keys();
  const bodies = [...new Set([...taken].flatMap((type) => types.get(type) ?? []))];
  const { unknownFields, never } = reviewCondition(when, { bodies, ...names });
  const at = ['routes', index, 'when'];
  for (const { path, name, known } of match.some((pattern) => takesOpen(pattern, open)) ? [] : unknownFields) {
    warnings.push({ at, text: `${path} is in no body of the types that the route takes; ${unknownName(name, known)}` });
  }
  if (never !== undefined) warnings.push({ at, text: `can never hold: ${never}` });
  return warnings;
}

/** A mistyped pattern has its own warning. */
function unroutedSources({ sources, routes }: Config, { types, open: all }: Given): Warning[] {
  const patterns = routes.flatMap(({ match }) => match);
  const fits = (pattern: string) => takesOpen(pattern, all) || [...types.keys()].some((known) => matchesType(pattern, known));
  if (!patterns.every(fits)) return [];
  return sources.flatMap(({ name, type, settings }, index) => {
    const { bodies = {}, open } = sourceTypes[type]?.types({ name, settings }) ?? {};
    const words = open === undefined ? [] : [open];
    const taken = patterns.some(
      (pattern) => takesOpen(pattern, words) || Object.keys(bodies).some((known) => matchesType(pattern, known)),
    );
    if (taken || routes.length === 0) return [];
    return [
      { at: ['sources', index, 'name'], text: `no route takes callbacks of ${name}: they are acked, and kept in quarantine` },
    ];
  });
}

/** A callback is dropped only if no other route delivers it. */
function uselessDrops({ routes }: Config, { types, open }: Given): Warning[] {
  const typesOf = ({ match }: Route) => [...types.keys()].filter((type) => match.some((pattern) => matchesType(pattern, type)));
  const unconditional = routes.flatMap((route, index) =>
    route.to !== undefined && route.when === undefined ? [{ number: index + 1, taken: new Set(typesOf(route)) }] : [],
  );
  return routes.flatMap((route, index) => {
    if (route.drop === undefined || route.match.some((pattern) => takesOpen(pattern, open))) return [];
    const dropped = typesOf(route);
    const other = unconditional.find(({ taken }) => dropped.length > 0 && dropped.every((type) => taken.has(type)));
    if (other === undefined) return [];
    const text = `drops nothing: route ${other.number} delivers all callbacks of these types`;
    return [{ at: ['routes', index, 'drop'], text }];
  });
}

function patternsOf(types: ReadonlyMap<string, TSchema>): string[] {
  const prefixes = [...types.keys()].flatMap((type) => {
    const parts = type.split('.');
    return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`);
  });
  return [...new Set([...prefixes, ...types.keys()])];
}

function unusedOutputs({ outputs, routes, alerts }: Config): Warning[] {
  if (routes.length === 0) return [{ at: ['routes'], text: 'there is none: every callback is acked, and kept in quarantine' }];
  const used = new Set([...routes.flatMap(({ to = [] }) => to), ...(alerts?.to ?? [])]);
  return outputs.flatMap(({ name }, index) =>
    used.has(name) ? [] : [{ at: ['outputs', index, 'name'], text: `no route leads to ${name}: nothing is delivered to it` }],
  );
}

function retryWarnings({ outputs }: Config): Warning[] {
  return outputs.flatMap(({ delivery: { retry, timeout } }, index) => {
    const warn = (text: string): Warning[] => [{ at: ['outputs', index, 'retry', 'giveUpAfter'], text }];
    if (retry.giveUpAfter < retry.maxDelay)
      return warn('is less than maxDelay: a delivery is given up before its waits are that long');
    return retry.giveUpAfter < timeout ? warn('is less than timeout: a delivery is given up at its second failure') : [];
  });
}
