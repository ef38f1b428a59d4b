// In the build, a file of its own: the runner uses a small part of zod, a role may use all of it.
export * as z from 'zod'
