import { expect, test } from 'vitest'
import { lintPlanted } from './lint.ts'

// The linter holds the dialect (lib/build/dialect.grit). Here files are planted that speak another, and some that do not.

const complaints = (...texts: string[]): string[] =>
  lintPlanted(Object.fromEntries(texts.map((text, i) => [`lib/planted-${i}.ts`, text])))
    .filter(({ rule }) => rule === 'plugin')
    .map(({ path, message }) => `${path}: ${message}`)
    .sort()

test('a function declaration, and a constant in capitals, are errors', () => {
  const functions = [
    'export function one() {}\n',
    'export async function one() {}\n',
    'export function* one() {}\n',
    'export default function one() {}\n',
    'export const one = () => {\n  function two() {}\n  return two\n}\n',
  ]
  const constants = ['export const MAX_HOPS = 8\n', 'export const one = () => {\n  const MAX = 8\n  return MAX\n}\n']
  expect(complaints(...functions, ...constants)).toEqual([
    ...functions.map((_, i) => `lib/planted-${i}.ts: A function is an arrow function in a const: const name = (…) => …`),
    ...constants.map((_, i) => `lib/planted-${functions.length + i}.ts: The name of a constant is camelCase.`),
  ])
})

test('an arrow function, a generator in a const, names in camelCase, a class and what comes from outside are none', () => {
  expect(
    complaints(
      'export const one = async () => {}\n',
      'export const one = function* () {\n  yield 1\n}\n',
      'export const maxHops = 8\n',
      'export const M = 8\n',
      'export class Lost extends Error {\n  one() {}\n}\n',
      "import { constants } from 'node:fs'\nexport const two = () => {\n  const { O_NOFOLLOW } = constants\n  return O_NOFOLLOW\n}\n",
    ),
  ).toEqual([])
})
