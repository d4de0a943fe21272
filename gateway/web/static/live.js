// Beside the pieces that htmx brings anew: says what has changed, and takes nothing away from under the reader's hands.
const said = document.getElementById('live-said')
let before = new Map()

function states () {
  return new Map([...document.querySelectorAll('[data-state]')].map((each) => [each.dataset.for, each.dataset.state]))
}

function busy (place) {
  const typing = place.contains(document.activeElement) && document.activeElement.matches('input, select, textarea')
  const typed = [...place.querySelectorAll('input:not([type=hidden]), textarea')].some((field) => field.type !== 'radio' && field.value !== field.defaultValue)
  return typing || typed || place.querySelector('details[open], .porth-dragged') !== null
}

document.addEventListener('htmx:beforeSwap', (event) => {
  if (!event.target.hasAttribute('data-live')) return
  before = states()
  if (busy(event.target)) event.detail.shouldSwap = false
})

document.addEventListener('htmx:oobBeforeSwap', (event) => {
  if (busy(event.target)) event.detail.shouldSwap = false
})

document.addEventListener('htmx:afterSettle', () => {
  const news = [...document.querySelectorAll('[data-state]')].filter((each) => before.has(each.dataset.for) && before.get(each.dataset.for) !== each.dataset.state)
  before = states()
  if (said && news.length) said.textContent = news.map((each) => each.dataset.says).join('. ')
})
