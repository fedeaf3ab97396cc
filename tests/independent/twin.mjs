// A Discord by `discord-digital-twin`, and shims for what it lacks: files, direct messages, people's reactions, private
// messages, mentions, and the answer that interactions get with `with_response`.
import { Server } from 'node:http'
import { DigitalDiscord, generateSnowflake } from 'discord-digital-twin'
import { serve } from './lines.mjs'

const DIRECT = 1, PUBLIC_THREAD = 11, EPHEMERAL = 1 << 6
let twin, url, asked, files, privately

const listen = Server.prototype.listen
Server.prototype.listen = function (port, then) {
  return listen.call(this, port, '127.0.0.1', then) // not to the network
}

// What the gateway tells, as Discord tells it

function asDiscordTells(name, data) {
  const told = { ...data }
  if (told.guild_id === '') delete told.guild_id
  if (name.startsWith('MESSAGE_REACTION_')) {
    told.type ??= 0
    told.burst ??= false
  }
  if (name === 'INTERACTION_CREATE') {
    told.authorizing_integration_owners = { 0: told.guild_id }
    if (told.channel?.type === DIRECT) {
      told.user = told.member.user
      told.authorizing_integration_owners = { 0: '0' }
      told.context = 1
      delete told.member
      delete told.guild_id
    }
  }
  return told
}

async function channel(id) {
  return twin.prisma.channel.findUniqueOrThrow({ where: { id } })
}

async function asUser(id) {
  const user = await twin.prisma.user.findUniqueOrThrow({ where: { id } })
  return { id, username: user.username, discriminator: '0', global_name: user.globalName, avatar: null, bot: user.bot }
}

async function direct(user) {
  const id = String(BigInt(user) + (1n << 61n)) // one a person, always the same
  const known = await twin.prisma.channel.findUnique({ where: { id } })
  if (!known) await twin.prisma.channel.create({ data: { id, type: DIRECT, ownerId: user } })
  return { id, type: DIRECT, flags: 0, recipients: [await asUser(user)], last_message_id: null }
}

// Files

function store(filename, content, description) {
  const id = generateSnowflake()
  files.set(id, content)
  const address = `${url}/cdn/attachments/${id}/${encodeURIComponent(filename)}`
  const kind = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp', gif: 'image/gif' }[filename.split('.').at(-1)]
  const shown = kind ? { content_type: kind, width: 64, height: 64 } : {}
  return { id, filename, size: content.length, url: address, proxy_url: address, ...shown, ...(description ? { description } : {}) }
}

function attached(data, sent, before) {
  if (!data.attachments) return before
  return data.attachments.map((one) => {
    const there = before.find((other) => other.id === String(one.id))
    return there ?? store(one.filename, sent.get(`files[${one.id}]`), one.description)
  })
}

function resolved(value, there) {
  if (Array.isArray(value)) return value.map((one) => resolved(one, there))
  if (value === null || typeof value !== 'object') return value
  const file = there.find((one) => value.url === `attachment://${one.filename}`)
  if (file) return { url: file.url, proxy_url: file.url, attachment_id: file.id, width: 64, height: 64 }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, there)]))
}

function withNumbers(components) {
  let next = 1
  const number = (one) => ({
    ...one,
    id: next++,
    ...(one.components ? { components: one.components.map(number) } : {}),
    ...(one.accessory ? { accessory: number(one.accessory) } : {}),
  })
  return components.map(number)
}

// What the bot says

// discord.py sends ids as numbers, which are longer than JavaScript's
const parsed = (text) => JSON.parse(text.replace(/([:[,]\s*)(\d{17,20})(?=\s*[,}\]])/g, '$1"$2"'))

async function body(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  const kind = request.headers['content-type'] ?? ''
  if (!kind.startsWith('multipart/')) return { data: raw.length ? parsed(raw.toString()) : null, sent: new Map() }
  const form = await new Response(raw, { headers: { 'content-type': kind } }).formData()
  const sent = new Map()
  for (const [name, value] of form) if (name !== 'payload_json') sent.set(name, Buffer.from(await value.arrayBuffer()))
  return { data: parsed(form.get('payload_json')), sent }
}

async function inner(method, path, data) {
  const headers = { 'content-type': 'application/json', authorization: `Bot ${twin.botToken}` }
  const wants = method === 'GET' || data === null ? {} : { body: JSON.stringify(data) }
  const answer = await twin.server.app.handle(new Request(`http://twin/api/v10${path}`, { method, headers, ...wants }))
  const text = await answer.text()
  return { status: answer.status, said: text ? JSON.parse(text) : null }
}

async function say(method, path, data, sent, token, message, first) {
  const before = message ? JSON.parse((await twin.prisma.message.findUnique({ where: { id: message } }))?.attachments ?? '[]') : []
  const content = first ? (data.data ?? {}) : data
  const there = attached(content, sent, before)
  const known = asked.get(token)
  const flags = known?.deferred ? (known.deferred & EPHEMERAL) | (content.flags ?? 0) : content.flags
  const made = { ...content, ...(flags === undefined ? {} : { flags }) }
  if (content.components) made.components = withNumbers(resolved(content.components, there))
  const done = await inner(method, path, first ? { ...data, data: made } : made)
  const id = first ? known?.id && (await answerTo(known.id))?.messageId : done.said?.id
  if (done.status < 300 && id && (!first || [4, 7].includes(data.type))) {
    await twin.prisma.message.update({ where: { id }, data: { attachments: JSON.stringify(there) } })
    if (known && !known.said.includes(id)) known.said.push(id)
    if (known && (flags ?? 0) & EPHEMERAL) privately.set(id, known.user)
    if (known && !first) known.deferred = 0
    done.said = done.said && { ...done.said, attachments: there, flags: done.said.flags ?? flags ?? 0 }
  }
  return done
}

const answerTo = (interactionId) => twin.prisma.interactionResponse.findUnique({ where: { interactionId } })

async function callback(token, path, data, sent) {
  const known = asked.get(token)
  const original = (await answerTo(known.id))?.messageId
  const done = await say('POST', path, data, sent, token, original, true)
  if (done.status >= 300) return done
  known.answer = data
  if (data.type === 5) known.deferred = (data.data?.flags ?? 0) | (1 << 20)
  const { messageId } = await answerTo(known.id)
  const interaction = { id: known.id, type: known.type, response_message_ephemeral: false, response_message_loading: false }
  const resource = { type: data.type }
  if ([4, 7].includes(data.type)) {
    const message = (await inner('GET', `/channels/${known.channel}/messages/${messageId}`, null)).said
    Object.assign(interaction, { response_message_id: messageId })
    resource.message = { flags: 0, components: [], ...message }
  }
  return { status: 200, said: { interaction, resource } }
}

async function answer(request) {
  const path = decodeURIComponent(request.url.split('?')[0]).replace(/^\/api\/v10/, '')
  const { data, sent } = await body(request)
  const [, place, ...rest] = path.split('/')
  if (path === '/users/@me/channels') return { status: 200, said: await direct(data.recipient_id) }
  if (path === '/oauth2/applications/@me') {
    const { status, said } = await inner('GET', '/applications/@me', null)
    return { status, said: { ...said, owner: await asUser(twin.botUserId) } }
  }
  if (place === 'interactions') return callback(rest[1], path, data, sent)
  if (data && request.method !== 'PUT' && path.includes('/messages')) {
    const token = place === 'webhooks' ? rest[1] : ''
    let message = request.method === 'PATCH' ? rest.at(-1) : ''
    if (message === '@original') message = (await answerTo(asked.get(token).id))?.messageId ?? ''
    return say(request.method, path, data, sent, token, message, false)
  }
  if (place === 'webhooks' && request.method === 'POST') return say('POST', path, data, sent, rest[1], '', false)
  if (place === 'channels' && rest.length === 1 && request.method === 'GET') {
    const there = await twin.prisma.channel.findUnique({ where: { id: rest[0] } })
    if (there?.type === DIRECT) return { status: 200, said: await direct(there.ownerId) }
  }
  return inner(request.method, path, data)
}

async function front(request, response) {
  if (request.url.startsWith('/cdn/')) return response.end(files.get(request.url.split('/').at(-2)))
  const { status, said } = await answer(request).catch((problem) => process.stderr.write(problem.stack + '\n') && ({ status: 500, said: { code: 0, message: String(problem.stack) } }))
  response.writeHead(status, said === null ? {} : { 'content-type': 'application/json' })
  response.end(said === null ? undefined : JSON.stringify(said))
}

async function asSeen(one) {
  const marks = await twin.prisma.reaction.findMany({ where: { messageId: one.id }, orderBy: { id: 'asc' } })
  return {
    id: one.id, author: await asUser(one.authorId), content: one.content, flags: one.flags, nonce: one.nonce,
    components: JSON.parse(one.components), attachments: JSON.parse(one.attachments), reactions: marks,
    edited: one.editedTimestamp ? one.editedTimestamp.getTime() : 0, only_for: privately.get(one.id) ?? '',
  }
}

serve({
  async start({ token, folder }) {
    ;[asked, files, privately] = [new Map(), new Map(), new Map()]
    const dbUrl = `file:${folder}/twin.db`
    twin = new DigitalDiscord({ botToken: token, dbUrl, guild: { name: 'Studio' }, botUser: { username: 'Slate' } })
    await twin.start()
    url = `http://127.0.0.1:${twin.port}`
    const { httpServer, gateway } = twin.server
    httpServer.removeAllListeners('request')
    httpServer.on('request', front)
    const broadcast = gateway.broadcast.bind(gateway)
    gateway.broadcast = (name, data) => broadcast(name, asDiscordTells(name, data))
    return { url, bot: twin.botUserId, guild: twin.guildId }
  },
  async stop() {
    twin.server.httpServer.closeAllConnections()
    await twin.stop()
    await twin.prisma.$disconnect()
  },
  sequence: () => Math.max(0, ...twin.server.gateway.clients.map((one) => one.sequence)),
  commands: () => twin.prisma.applicationCommand.findMany(),
  async user({ name }) {
    const id = generateSnowflake()
    await twin.prisma.user.create({ data: { id, username: name.toLowerCase().replaceAll(' ', ''), globalName: name } })
    await twin.prisma.guildMember.create({ data: { guildId: twin.guildId, userId: id } })
    return { id }
  },
  channel: async ({ name }) => (await inner('POST', `/guilds/${twin.guildId}/channels`, { name, type: 0 })).said,
  channels: () => twin.prisma.channel.findMany(),
  direct: ({ user }) => direct(user),
  store: ({ name, data, description }) => store(name, Buffer.from(data, 'base64'), description),
  file: ({ id }) => files.get(id).toString('base64'),
  async messages({ channel: channelId }) {
    return Promise.all((await twin.prisma.message.findMany({ where: { channelId }, orderBy: { id: 'asc' } })).map(asSeen))
  },
  async says({ channel: channelId, user, text, attachments, reference, mention }) {
    const { gateway } = twin.server
    const tell = gateway.broadcastMessageCreate
    gateway.broadcastMessageCreate = (message, guild) => {
      const told = { ...message, guild_id: guild, mentions: mention ? [botAsUser] : [], components: [] }
      gateway.broadcast('MESSAGE_CREATE', told)
    }
    const botAsUser = await asUser(twin.botUserId)
    const messageReference = reference ? { message_id: reference, channel_id: channelId } : undefined
    try {
      return await twin.simulateUserMessage({ channelId, userId: user, content: text, attachments, messageReference })
    } finally {
      gateway.broadcastMessageCreate = tell
    }
  },
  async react({ channel: channelId, message: messageId, user: userId, emoji, added }) {
    const key = { messageId, userId, emoji }
    const there = await twin.prisma.reaction.findUnique({ where: { messageId_userId_emoji: key } })
    if (added && !there) await twin.prisma.reaction.create({ data: key })
    if (!added) await twin.prisma.reaction.deleteMany({ where: key })
    const { guildId } = await channel(channelId)
    const member = guildId ? (await inner('GET', `/guilds/${guildId}/members/${userId}`, null)).said : undefined
    const about = { user_id: userId, channel_id: channelId, message_id: messageId, guild_id: guildId ?? '', burst: false, type: 0 }
    const told = { ...about, emoji: { id: null, name: emoji, animated: false }, ...(added && member ? { member } : {}) }
    twin.server.gateway.broadcast(`MESSAGE_REACTION_${added ? 'ADD' : 'REMOVE'}`, told)
  },
  async thread({ channel: parentId, message, name, user }) {
    const { guildId } = await channel(parentId)
    const about = { archiveTimestamp: new Date(), starterMessageId: message, memberCount: 1 }
    const data = { id: message, guildId, type: PUBLIC_THREAD, name, parentId, ownerId: user, ...about }
    await twin.prisma.channel.create({ data })
    const made = (await inner('GET', `/channels/${message}`, null)).said
    twin.server.gateway.broadcast('THREAD_CREATE', { ...made, newly_created: true })
  },
  async interact({ type, channel: channelId, user, data, message, components }) {
    const { gateway } = twin.server
    const tell = gateway.broadcast
    let made
    gateway.broadcast = (name, told) => {
      if (name === 'INTERACTION_CREATE') {
        if (components) told.message.components = components // as the person's client has them
        made = { id: told.id, user, type, channel: channelId, said: [], deferred: 0, told }
        asked.set(told.token, made)
        gateway.broadcast = tell
      }
      tell(name, told)
    }
    const { id, token } = await twin.simulateInteraction({ type, channelId, userId: user, data, messageId: message || undefined })
    const over = Date.now() + 30_000
    while (!made.answer && Date.now() < over) await new Promise((later) => setTimeout(later, 5))
    return { id, token, answer: made.answer ?? null }
  },
  said: ({ token }) => asked.get(token).said,
  again({ token }) {
    twin.server.gateway.broadcast('INTERACTION_CREATE', asked.get(token).told)
  },
})
