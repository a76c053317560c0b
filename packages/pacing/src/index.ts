export { createGroupCommit } from './group-commit.ts';
export { within } from './within.ts';
