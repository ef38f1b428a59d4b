export interface TagSelection {
  /** `--tags`; empty means all. */
  tags: readonly string[]
  /** `--skip-tags` */
  skipTags: readonly string[]
}

/** Whether something with these tags runs, by Ansible's rules for `all`, `tagged`, `untagged`, `always` and `never`. */
export const isSelected = (tags: readonly string[], { tags: wanted, skipTags }: TagSelection): boolean =>
  isWanted(tags, wanted.length > 0 ? wanted : ['all']) && !isSkipped(tags, skipTags)

const isWanted = (tags: readonly string[], wanted: readonly string[]): boolean => {
  if (tags.includes('always') || shares(effective(tags), wanted)) return true
  return !tags.includes('never') && (wanted.includes('all') || (wanted.includes('tagged') && tags.length > 0))
}

const isSkipped = (tags: readonly string[], skipped: readonly string[]): boolean => {
  if (skipped.includes('all')) return !tags.includes('always') || skipped.includes('always')
  return shares(effective(tags), skipped) || (skipped.includes('tagged') && tags.length > 0)
}

const effective = (tags: readonly string[]) => (tags.length > 0 ? tags : ['untagged'])
const shares = (some: readonly string[], others: readonly string[]) => some.some(tag => others.includes(tag))

/** The names in a `--tags` argument, separated by commas. */
export const splitTags = (argument: string) =>
  argument
    .split(',')
    .map(tag => tag.trim())
    .filter(tag => tag !== '')
