export { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
