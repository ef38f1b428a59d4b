import * as z from 'zod'

/** Plugins that reset nothing or the wrong node, and our own, which calls the others. */
const notForThis: Record<string, string> = {
  null: 'resets nothing',
  suicide: 'resets the node that calls it',
  'external/nfsha': 'is this tool’s own plugin, which calls the one named here',
}

/** A name as listed by `stonith -L`: it is used in a path and in ha.cf. */
const plugin = z
  .string()
  .regex(/^(external\/)?[A-Za-z0-9][\w.-]*$/, 'must be a name as listed by `stonith -L`: external/ipmi, apcmaster')
  .superRefine((name, context) => {
    const problem = Object.hasOwn(notForThis, name) ? notForThis[name] : undefined
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${name} ${problem}` })
  })

/** Environment variables that change the behaviour of a shell, the loader or an interpreter. */
const ofTheSystem = /^(_|PATH|IFS|ENV|CDPATH|HOME|SHELL|LANG|(LC|LD|BASH|PERL\d*|PYTHON|HA|OCF)_?.*)$/

const readable = /^[!-~]([ -~]{0,253}[!-~])?$/
const parameterValue = z
  .union([z.string(), z.number().int()], { error: 'must be a text or a whole number; put quotes around yes, no and dates' })
  .transform(String)
  .refine(text => readable.test(text), {
    error: 'must be 1 to 255 printable ASCII characters, without a blank at the beginning or end',
  })

/** cluster-glue passes parameters to a plugin as environment variables. */
const nameProblem = (name: string): string | undefined => {
  if (!/^[A-Za-z_]\w{0,63}$/.test(name)) return 'is not a valid parameter name: use letters, digits and _'
  return ofTheSystem.test(name) ? 'is a system variable, not a parameter' : undefined
}

const parameters = z.record(z.string(), parameterValue).superRefine((given, context) => {
  for (const name of Object.keys(given)) {
    const problem = nameProblem(name)
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: `${name} ${problem}` })
  }
})

const isSecretName = (name: string): boolean => /passw|secret|token|community|(^|_)(key|pin|pass)$/i.test(name)

/** How a node is reset: a cluster-glue plugin and its parameters, under the plugin's own names. */
export const Stonith = z
  .strictObject({ plugin, parameters: parameters.default({}) })
  .superRefine(({ plugin: name, parameters: given }, context) => {
    for (const [key, value] of Object.entries(given)) {
      const path = ['parameters', key]
      // `passwd_method` names a way to pass a password, not a password.
      if (isSecretName(key) && !key.endsWith('_method'))
        context.addIssue({ code: 'custom', path, message: `${key} belongs in heartbeat_stonith_secret, which is never shown` })
      else if (!name.startsWith('external/') && / /.test(value))
        context.addIssue({ code: 'custom', path, message: `${name} does not allow blanks: its parameters are on one line` })
    }
  })

/** More parameters of the same plugin, which are never shown. */
export const StonithSecret = parameters.meta({ secret: true })
