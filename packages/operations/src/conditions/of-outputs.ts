import type { OutputStatus } from '../installation/outputs.ts';
import type { Find, Found } from './condition.ts';
import { isLately } from './lately.ts';

const found = ({ name }: Pick<OutputStatus, 'name'>, text: string, since?: number): Found => ({
  subject: { kind: 'output', name },
  since,
  text,
});

export const outputFailing: Find = ({ outputs }) =>
  outputs.flatMap((output) => {
    const { failing, breaker } = output;
    if (!failing && (breaker === undefined || breaker.state === 'closed')) return [];
    const reasons = failing ? `: ${failing.reasons.join('; ')}` : '';
    return [found(output, `output ${output.name} is failing${reasons}`, failing?.since ?? breaker?.since)];
  });

export const deliveriesWait: Find = ({ outputs, at }, { waiting }) =>
  outputs
    .filter(({ oldest, state }) => oldest !== undefined && at - oldest >= waiting && state !== 'paused')
    .map((output) => found(output, `deliveries wait for output ${output.name}`, output.oldest));

export const deadLetters: Find = ({ outputs }) =>
  outputs
    .filter(({ dead = 0 }) => dead > 0)
    .map((output) => found(output, `output ${output.name} has ${output.dead} dead letters in Redis`));

export const deliveriesDropped: Find = ({ outputs, lately, at }) =>
  outputs
    .filter(({ name }) => isLately(lately?.dropped[name], at))
    .map((output) =>
      found(output, `deliveries for output ${output.name} were dropped in the last 15 minutes, beyond its backlog`),
    );
