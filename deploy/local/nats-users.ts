import { natsPermissions, RESTRICTED_ROLES } from '@benchwire/shared/contracts/roles.ts';

/**
 * The part of NATS' configuration that says who may do what. Users that are called like a role have its permissions, the others
 * all. Pure.
 * @param passwords - by user, as they stand in the file: quoted, or the name of a variable
 */
export function natsUsers(passwords: Readonly<Record<string, string>>): string {
  const users = Object.entries(passwords).map(([user, password]) => {
    const role = RESTRICTED_ROLES.find((each) => each === user);
    const permissions = role === undefined ? '' : `, permissions: ${JSON.stringify(natsPermissions(role), null, 2)}`;
    return `  { user: ${JSON.stringify(user)}, password: ${password}${permissions.replaceAll('\n', '\n    ')} }`;
  });
  return `authorization { users: [\n${users.join('\n')}\n] }\n`;
}
