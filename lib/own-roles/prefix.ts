/** The prefix of the names of a role's variables: `my_role_` for `my-role`. */
export const prefixOf = (role: string): string => `${role.replaceAll('-', '_')}_`
