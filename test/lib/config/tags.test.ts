import { describe, expect, it } from 'vitest'
import { isSelected, splitTags } from '../../../lib/config/tags.ts'

// The table shows the answers of ansible-core 2.14 (ansible.playbook.taggable).
describe('isSelected', () => {
  it.each([
    [['a'], '', '', true],
    [[], '', '', true],
    [['never'], '', '', false],
    [['never', 'a'], '', '', false],
    [['never', 'a'], 'a', '', true],
    [['never', 'a'], 'tagged', '', false],
    [['never'], 'never', '', true],
    [['a'], 'a', '', true],
    [['a'], 'b', '', false],
    [['a', 'b'], 'b,c', '', true],
    [['always'], 'b', '', true],
    [['always'], 'b', 'always', false],
    [['always'], '', 'all', true],
    [['always'], '', 'all,always', false],
    [['a'], '', 'a', false],
    [['a'], 'a', 'a', false],
    [['a'], '', 'b', true],
    [['a'], 'tagged', '', true],
    [[], 'tagged', '', false],
    [[], 'untagged', '', true],
    [['a'], 'untagged', '', false],
    [['a'], 'all', 'tagged', false],
    [[], 'all', 'tagged', true],
    [[], 'all', 'untagged', false],
    [['a'], '', 'all', false],
  ])('%j with --tags %j --skip-tags %j: %j', (tags, wanted, skipped, expected) => {
    expect(isSelected(tags, { tags: splitTags(wanted), skipTags: splitTags(skipped) })).toBe(expected)
  })
})
