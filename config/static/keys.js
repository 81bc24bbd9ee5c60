// Says in words, on the page, when a security key did not answer.
document.addEventListener("allauth.error", (event) => {
  const error = document.getElementById("key_error");
  if (error) {
    event.preventDefault();
    error.hidden = false;
  }
});
