// Sends a picture with real progress, and takes one that is dropped on the page. Without this file the form does it.
const form = document.getElementById('upload-form')
const file = document.getElementById('file')
const drop = document.getElementById('drop')

for (const kind of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault()
    drop.classList.toggle('porth-drop--over', kind === 'dragover')
    if (kind === 'drop' && event.dataTransfer.files.length) file.files = event.dataTransfer.files
  })
}

form.addEventListener('submit', (event) => {
  if (!file.files.length) return
  event.preventDefault()
  const request = new XMLHttpRequest()
  const bar = document.getElementById('progress-bar')
  document.getElementById('progress').hidden = false
  request.upload.addEventListener('progress', (sent) => { bar.value = sent.lengthComputable ? (100 * sent.loaded) / sent.total : 0 })
  request.upload.addEventListener('load', () => { document.querySelector('#working span').hidden = false })
  request.addEventListener('load', () => answered(request))
  request.addEventListener('error', () => form.submit())
  request.open('POST', form.action)
  request.send(new FormData(form))
})

function answered (request) {
  if (request.status < 400) {
    window.location.assign(request.responseURL)
    return
  }
  const answer = new DOMParser().parseFromString(request.responseText, 'text/html')
  document.title = answer.title
  document.getElementById('maincontent').replaceWith(answer.getElementById('maincontent'))
  document.querySelector('.nhsuk-error-summary')?.setAttribute('tabindex', '-1')
  document.querySelector('.nhsuk-error-summary')?.focus()
}
