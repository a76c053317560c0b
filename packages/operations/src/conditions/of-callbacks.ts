import { SLOW_ACK_MS } from '@ringback/queue';
import { type Find, percent, perSecond } from './condition.ts';
import { isLately } from './lately.ts';

/** The share of RingbackAcksSlow: 14.4 times the 1 % of the objective. */
const MOST_SLOW = 0.144;

export const acksRefused: Find = ({ rates }) =>
  rates === undefined || rates.ourFault === 0
    ? []
    : [{ text: `${perSecond(rates.ourFault)} callbacks are refused because they cannot be stored` }];

export const acksSlow: Find = ({ rates }) => {
  if (rates === undefined || rates.slow <= rates.acked * MOST_SLOW) return [];
  return [{ text: `${percent(rates.slow / rates.acked)} of the acks take longer than ${SLOW_ACK_MS} ms` }];
};

export const callbacksWait: Find = ({ dispatch, at }, { waiting }) =>
  dispatch.oldest === undefined || at - dispatch.oldest < waiting
    ? []
    : [
        {
          subject: { kind: 'dispatch', name: 'callbacks' },
          since: dispatch.oldest,
          text: 'callbacks wait to be dispatched',
        },
      ];

export const spoolInUse: Find = ({ processes = [] }) => {
  const spooling = processes.flatMap(({ host, pid, state }) => (state?.spooled ? [`${state.spooled} at ${host}:${pid}`] : []));
  return spooling.length === 0 ? [] : [{ text: `callbacks wait on the disks of ingresses: ${spooling.join(', ')}` }];
};

/** What came stays true after a replay or purge. What is kept does not. */
export const unrouted: Find = ({ lately, kept, at }) => {
  if (!isLately(lately?.unrouted, at)) return [];
  const now = kept === undefined ? '' : `. In quarantine now, of any age: ${kept.unrouted}`;
  return [{ text: `callbacks of the last 15 minutes matched no route${now}` }];
};

export const callbacksLost: Find = ({ lately, routes, at }) => {
  if (!isLately(lately?.lost, at)) return [];
  const soFar = (routes?.unkept ?? []).map(({ name, count }) => `${count} of ${name}`).join(', ');
  return [{ text: `callbacks were lost in the last 15 minutes, since the quarantine was full (so far: ${soFar})` }];
};
