// Keeps what is being written in this browser until Porth has it, so that a lost connection loses no words.
const form = document.getElementById('post-form')
const key = `porth:${form.dataset.person}:${form.getAttribute('action')}`
const mine = `porth:${form.dataset.person}:`
const DAY = 24 * 60 * 60 * 1000
const NOT_KEPT = new Set(['csrf', 'seen', 'post', 'rows', 'do'])

function typed () {
  return [...new FormData(form)].filter(([name, value]) => !NOT_KEPT.has(name) && typeof value === 'string')
}

function keep () {
  localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: typed() }))
}

function kept () {
  try {
    const found = JSON.parse(localStorage.getItem(key))
    return found && Date.now() - found.at < DAY ? found.values : null
  } catch {
    return null
  }
}

function forget () {
  localStorage.removeItem(key)
  document.getElementById('unsaved').hidden = true
}

function restore () {
  const values = kept() ?? []
  for (const field of form.elements) {
    if (!field.name || NOT_KEPT.has(field.name)) continue
    const own = values.filter(([name]) => name === field.name).map(([, value]) => value)
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = own.includes(field.value)
    else if (own.length) field.value = own[0]
  }
  forget()
  form.dispatchEvent(new Event('input', { bubbles: true }))
  form.dispatchEvent(new Event('change', { bubbles: true }))
}

// nobody else's words stay in a shared browser
for (const name of Object.keys(localStorage)) {
  if (name.startsWith('porth:') && !name.startsWith(mine)) localStorage.removeItem(name)
}

// other words only for the channels that are chosen
function offerWording () {
  const chosen = new Set([...form.querySelectorAll('input[name=channels]:checked')].map((box) => box.value))
  for (const block of form.querySelectorAll('.porth-wording')) block.hidden = !chosen.has(block.dataset.channel)
}

const before = kept()
if (before && JSON.stringify(before) !== JSON.stringify(typed())) document.getElementById('unsaved').hidden = false
else forget()

document.getElementById('restore').addEventListener('click', restore)
document.getElementById('forget').addEventListener('click', forget)
form.addEventListener('input', keep)
form.addEventListener('change', offerWording)
offerWording()
form.addEventListener('submit', () => { if (navigator.onLine) localStorage.removeItem(key) })
document.addEventListener('htmx:sendError', () => { document.getElementById('offline')?.removeAttribute('hidden') })
document.addEventListener('htmx:afterRequest', (event) => {
  if (!event.detail.successful) return
  document.getElementById('offline')?.setAttribute('hidden', '')
  if (document.querySelector('#saved [data-saved]')) localStorage.removeItem(key)
})

// a consent that was found while its reference was typed
form.addEventListener('click', (event) => {
  const button = event.target.closest('button[name=pick]')
  if (!button) return
  event.preventDefault()
  const into = document.getElementById(`${button.dataset.into}-consent`)
  into.value = button.dataset.ref
  document.getElementById(`${button.dataset.into}-found`).replaceChildren()
  into.focus()
  into.dispatchEvent(new Event('change', { bubbles: true }))
})
