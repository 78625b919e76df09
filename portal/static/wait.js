// Looks again in two seconds: what this page waits for is being fetched.
setTimeout(() => location.reload(), 2000);
