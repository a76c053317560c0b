import { RingbackError } from '@ringback/contracts';
import type { Validator } from 'typebox/compile';

type SchemaError = ReturnType<Validator['Errors']>[number];

export type BodySchema<T> = { Check(value: unknown): value is T; Errors(value: unknown): SchemaError[] };

/** @throws RingbackError RB_BODY_INCOMPLETE or RB_BODY_INVALID; names no value */
export function checkBody<T>(schema: BodySchema<T>, body: object): T {
  if (schema.Check(body)) return body;
  const errors = schema.Errors(body);
  throw missingField(errors) ?? wrongType(errors);
}

function missingField(errors: readonly SchemaError[]): RingbackError | undefined {
  for (const error of errors) {
    if (error.keyword !== 'required') continue;
    const fields = error.params.requiredProperties.map((name) => fieldName(`${error.instancePath}/${name}`));
    return new RingbackError('RB_BODY_INCOMPLETE', `the body lacks ${fields.join(', ')}`);
  }
  return undefined;
}

/** Names the deepest field: its parents are wrong only because of it. */
function wrongType(errors: readonly SchemaError[]): RingbackError {
  const paths = errors.map((error) => error.instancePath);
  const path = paths.reduce((deepest, next) => (depth(next) > depth(deepest) ? next : deepest), paths[0] ?? '');
  const expected = errors.filter((error) => error.instancePath === path).flatMap(expectation);
  return new RingbackError('RB_BODY_INVALID', `the body's field ${fieldName(path)} must be ${expected.join(' or ')}`);
}

function expectation(error: SchemaError): string[] {
  if (error.keyword === 'type') return [error.params.type].flat();
  return error.keyword === 'pattern' ? ['a string of digits'] : [];
}

const depth = (path: string) => path.split('/').length;

/** `/callInfoDetail/intents/0/intentID` → `callInfoDetail.intents[0].intentID` */
function fieldName(path: string): string {
  return path
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
}
