import { type TSchema, Type } from 'typebox';

/** Empty: no schema has the field. Undefined: any name is allowed. */
export function fieldIn(schemas: readonly TSchema[], name: string): TSchema[] | undefined {
  const objects = schemas.flatMap(formsOf);
  if (objects.some(isOpen)) return undefined;
  return objects.flatMap((form) => (Type.IsObject(form) ? [form.properties[name]] : [])).filter((field) => field !== undefined);
}

export function namesIn(schemas: readonly TSchema[]): string[] {
  return [...new Set(schemas.flatMap(formsOf).flatMap((form) => (Type.IsObject(form) ? Object.keys(form.properties) : [])))];
}

export function elementsIn(schemas: readonly TSchema[]): TSchema[] {
  return schemas.flatMap(formsOf).flatMap((form) => (Type.IsArray(form) ? [form.items] : []));
}

function formsOf(schema: TSchema): TSchema[] {
  return Type.IsUnion(schema) ? schema.anyOf.flatMap(formsOf) : [schema];
}

function isOpen(schema: TSchema): boolean {
  return Type.IsRecord(schema) || Type.IsUnknown(schema) || Type.IsAny(schema);
}
