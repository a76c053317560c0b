import type { ExplainedRouting } from '@ringback/operations';
import type { Terminal } from '../terminal/terminal.ts';

type Wanted = { readonly parts: boolean; readonly json: boolean; readonly terminal: Terminal };

/** Shows values of the callback. True if a route matches, be it that it drops the callback. */
export function tellRouting(explained: ExplainedRouting, { parts: withParts, json, terminal }: Wanted): boolean {
  const { callback, routes, routing } = explained;
  const success = routing.kept === undefined;
  if (json) {
    terminal.out(JSON.stringify(asJson(explained)));
    return success;
  }
  terminal.out(`${callback.type} of source ${callback.source}, account ${callback.account}`);
  for (const { number, to = [], drop, matches, because, parts } of routes) {
    const then = drop === undefined ? `to ${to.join(', ')}` : `drops it (${drop})`;
    terminal.out(`route ${number} ${matches ? `matches, ${then}` : 'does not match'}: ${because}`);
    if (withParts) for (const { part, value } of parts) terminal.out(`    ${part} is ${value}`);
  }
  terminal.out(outcomeOf(routing));
  return success;
}

function asJson({ callback, routes, routing }: ExplainedRouting): object {
  const { id: requestID, type, source, account, receivedAt } = callback;
  const { outputs: to, dropped, kept } = routing;
  const outcome = { to, dropped, kept: kept && { code: kept.code, reason: kept.reason } };
  return { callback: { requestID, type, source, account, receivedAt }, routes, outcome };
}

function outcomeOf({ outputs, dropped, kept }: ExplainedRouting['routing']): string {
  if (kept?.code === 'RB_UNROUTED') return 'no route matches: it would be acked, and kept in quarantine (RB_UNROUTED)';
  if (kept !== undefined) return `it would be acked, and kept in quarantine (${kept.code}): ${kept.reason}`;
  return dropped === undefined ? `would go to ${outputs.join(', ')}` : `would be dropped: ${dropped}`;
}
