import fc from 'fast-check'

const word = fc.oneof(
  fc.integer({ min: 0, max: 75 }).map(String),
  fc.constantFrom('*', 'mon', 'SUN', 'feb', 'december', '', '05', '007', 'x', '-1', '~', '+3'),
)
const item = fc.oneof(
  { weight: 3, arbitrary: word },
  { weight: 2, arbitrary: fc.tuple(word, word).map(([a, b]) => `${a}-${b}`) },
  { weight: 2, arbitrary: fc.tuple(word, word).map(([a, b]) => `${a}/${b}`) },
  { weight: 1, arbitrary: fc.tuple(word, word, word).map(([a, b, c]) => `${a}-${b}/${c}`) },
)
const field = fc.oneof(
  { weight: 3, arbitrary: fc.constant('*') },
  { weight: 4, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map(all => all.join(',')) },
)

/** Valid and invalid ones, close to what an operator writes. */
export const schedules = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(field, field, field, field, field).map(parts => parts.join(' ')) },
  { weight: 1, arbitrary: fc.constantFrom('@daily', '@reboot', '@Weekly', '@', '@annually', '@noon') },
)
