import { RingbackError } from '@ringback/contracts';
import type { Validator } from 'typebox/compile';

type SchemaError = ReturnType<Validator['Errors']>[number];

/** What of a compiled schema a check needs. */
export type BodySchema<T> = { Check(value: unknown): value is T; Errors(value: unknown): SchemaError[] };

/**
 * The body as its schema's type. Messages name field and expected type, never a value.
 * @throws RingbackError RB_BODY_INCOMPLETE (a required field is missing) or RB_BODY_INVALID (a field has the wrong type)
 */
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

/** The first field of the deepest ones: what encloses it is only wrong because of it. Each branch of a union leaves an error of its own. */
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
