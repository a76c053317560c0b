import { type TSchema, Type } from 'typebox';

/** The schemas of a field in any of these schemas; none where no schema has such a field. Undefined: something holds fields of any name. */
export function fieldIn(schemas: readonly TSchema[], name: string): TSchema[] | undefined {
  const objects = schemas.flatMap(formsOf);
  if (objects.some(isOpen)) return undefined;
  return objects.flatMap((form) => (Type.IsObject(form) ? [form.properties[name]] : [])).filter((field) => field !== undefined);
}

/** The names of the fields that these schemas have. */
export function namesIn(schemas: readonly TSchema[]): string[] {
  return [...new Set(schemas.flatMap(formsOf).flatMap((form) => (Type.IsObject(form) ? Object.keys(form.properties) : [])))];
}

/** The schemas of the elements of any of these schemas' lists. */
export function elementsIn(schemas: readonly TSchema[]): TSchema[] {
  return schemas.flatMap(formsOf).flatMap((form) => (Type.IsArray(form) ? [form.items] : []));
}

/** A schema, or each branch of a union. */
function formsOf(schema: TSchema): TSchema[] {
  return Type.IsUnion(schema) ? schema.anyOf.flatMap(formsOf) : [schema];
}

/** Records and schemas that say nothing may hold anything. */
function isOpen(schema: TSchema): boolean {
  return Type.IsRecord(schema) || Type.IsUnknown(schema) || Type.IsAny(schema);
}
