/** What the names of a role's variables begin with: `my-role` has `my_role_`. */
export const prefixOf = (role: string): string => `${role.replaceAll('-', '_')}_`
