"""People in images and videos: reading the media, finding the people, keeping what was found."""
