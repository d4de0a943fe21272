// Words that are selected in the texts become the phrase of a comment. Without this file the phrase is typed.
const texts = document.getElementById('texts')
const about = document.getElementById('about')
const phrase = document.getElementById('phrase')

function selected () {
  const found = document.getSelection()
  const words = found.toString().trim()
  const within = found.anchorNode?.parentElement?.closest('.porth-words')
  return words && within && texts.contains(within) && within.contains(found.focusNode) ? words : ''
}

if (about && phrase) {
  document.addEventListener('selectionchange', () => { about.hidden = !selected() && !about.contains(document.activeElement) })
  // a press would take the selection away before it is read
  about.addEventListener('pointerdown', (event) => event.preventDefault())
  about.querySelector('button').addEventListener('click', () => {
    const words = selected()
    if (words) phrase.value = words
    about.hidden = true
    document.getElementById('send-back').focus()
  })
}
