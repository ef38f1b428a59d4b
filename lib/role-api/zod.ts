// A separate file in the build: the runner uses a small part of zod, a user-defined role may use all of it.
export * as z from 'zod'
